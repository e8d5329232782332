// Sending one thing at a time, with its progress, over a line that may be cut.

const STALLED = 60000; // without a byte moving

/** {status, text} of the answer, null when there was none. `moved` is told the part sent, 0 to 1. */
export function post(address, body, token, moved) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), STALLED);
    };
    request.open('POST', address);
    request.setRequestHeader('HX-Request', 'true');
    request.setRequestHeader('X-CSRFToken', token);
    request.upload.addEventListener('progress', (event) => {
      watch();
      if (event.lengthComputable) moved(event.loaded / event.total);
    });
    request.addEventListener('loadend', () => {
      clearTimeout(timer);
      resolve(request.status ? { status: request.status, text: request.responseText } : null);
    });
    watch();
    request.send(body);
  });
}

/** The newest token: signing in again in another tab makes the one in the page stale. */
export function token(form) {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  return cookie ? cookie[1] : form.elements.csrfmiddlewaretoken.value;
}

/** The panel inside an answer of the server; null when it has none. */
export function panelIn(text) {
  return new DOMParser().parseFromString(text, 'text/html').getElementById('minh-chung');
}
