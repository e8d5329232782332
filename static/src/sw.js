// Keeps the officer's pages and their assets on the device, so that they open without a network.
// What is typed is kept by the pages themselves. Nothing but GETs of these pages is touched.

const PAGES = 'pages-1';
const ASSETS = 'assets-2';
const OFFLINE = '/ngoai-mang/';
const OWED = '/bao-cao/';
const NAMED = /\/dinh-nghia\.[0-9a-f]{12}\.js$/; // its content
const HASHED = /\.[0-9a-f]{12}\./;
const PATIENCE = 5000;
const MOST_ASSETS = 60;
const SAME = { ignoreVary: true }; // one person's pages: forgotten when somebody signs in or out

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(PAGES).then((cache) => cache.add(new Request(OFFLINE, { credentials: 'omit' }))));
  self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  event.waitUntil(clean());
});

async function clean() {
  const known = [PAGES, ASSETS];
  for (const name of await caches.keys()) if (!known.includes(name)) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (request.method === 'POST' && /^\/(dang-(nhap|xuat)|quan-tri\/logout)\//.test(address.pathname)) {
    event.waitUntil(forgetPages()); // another person may sit here next
  }
  if (request.method !== 'GET') return;
  if (address.pathname.startsWith('/static/') || NAMED.test(address.pathname)) event.respondWith(asset(request));
  else if (request.mode === 'navigate') event.respondWith(page(event, address));
});

let turn = 0; // of people at this machine

async function forgetPages() {
  turn += 1;
  const cache = await caches.open(PAGES);
  for (const request of await cache.keys()) {
    if (new URL(request.url).pathname !== OFFLINE) await cache.delete(request);
  }
}

/** Assets carry their content in their name: what is kept never grows old. */
async function asset(request) {
  const cache = await caches.open(ASSETS);
  const kept = await cache.match(request, SAME);
  if (kept && HASHED.test(request.url)) return kept;
  try {
    const answer = await fetch(request);
    // a script that was asked for after signing out is answered with the sign-in page
    if (answer.ok && !answer.redirected && !/no-store/.test(answer.headers.get('Cache-Control') || '')) {
      await cache.put(request, answer.clone());
      const all = await cache.keys();
      if (all.length > MOST_ASSETS) await cache.delete(all[0]);
    }
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** No file to download, and not the sign-in page in a page's place. */
function isPage(answer) {
  return answer.ok && !answer.redirected && /^text\/html/.test(answer.headers.get('Content-Type') || '');
}

/** From the network; kept, where it is slow, broken or away. */
async function page(event, address) {
  const mine = turn;
  const cache = await caches.open(PAGES);
  const isKeptHere = address.pathname.startsWith(OWED) && !address.search;
  const kept = await cache.match(address.pathname === '/' ? OWED : address.pathname, SAME);
  const fresh = fetch(event.request).then(async (answer) => {
    const isMine = mine === turn; // not what was asked for by who has signed out since
    if (isKeptHere && isMine && isPage(answer)) await cache.put(address.pathname, answer.clone());
    return answer;
  });
  event.waitUntil(fresh.catch(() => undefined));
  try {
    if (!kept) return await fresh;
    const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE, kept); });
    const first = await Promise.race([fresh, late]);
    return first.status >= 500 ? kept : first;
  } catch {
    return kept || cache.match(OFFLINE, SAME);
  }
}
