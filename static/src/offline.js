// The officer's pages open without a network after one visit.

// Not before the page itself is there: on a slow line it comes first.
if (document.querySelector('[data-offline]') && navigator.serviceWorker) {
  if (document.readyState === 'complete') begin();
  else window.addEventListener('load', begin);
}

/** A person whose signing in the worker did not see (a page opened past it) finds nobody's pages. */
async function forgetOthers() {
  const { person } = document.querySelector('[data-offline]').dataset;
  if (!person || localStorage.getItem('povertyplan:person') === person) return;
  const cache = await caches.open('pages-1');
  for (const request of await cache.keys()) {
    if (!['/ngoai-mang/', location.pathname].includes(new URL(request.url).pathname)) await cache.delete(request);
  }
  localStorage.setItem('povertyplan:person', person);
}

function begin() {
  forgetOthers().catch(() => {}); // a private window
  navigator.serviceWorker.register('/sw.js').then(keepThisPage).catch(() => {}); // a private window
}

/** The first visit was not seen by the worker: keep what it brought. */
async function keepThisPage() {
  if (navigator.serviceWorker.controller) return;
  await navigator.serviceWorker.ready;
  const brought = performance.getEntriesByType('resource').map((entry) => new URL(entry.name));
  const assets = brought.filter(
    (address) => address.origin === location.origin && /^\/static\/|\.[0-9a-f]{12}\.js$/.test(address.pathname),
  );
  const cache = await caches.open('assets-2');
  for (const address of assets) {
    const answer = await fetch(address);
    // not the sign-in page in a script's place, where the session has ended meanwhile
    if (answer.ok && !answer.redirected) await cache.put(address, answer);
  }
  const page = await fetch(location.pathname);
  if (page.ok && !page.redirected) await (await caches.open('pages-1')).put(location.pathname, page);
}
