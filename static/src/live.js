// Pages that renew parts of themselves. The entry form does without: it is opened over slow lines.

import 'htmx.org';
import './fresh.js';

// A fragment refused for want of a session: the page itself leads to the sign-in page and back.
document.addEventListener('htmx:responseError', (event) => {
  if (event.detail.xhr.status === 401) window.location.reload();
});
