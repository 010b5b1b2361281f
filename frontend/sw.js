// The page's service worker: it opens the page where there is no network, and where there is one it never shows an old build.
//
// It keeps the last page that it has seen, which is the same for all hotels, and the files that this page names, each of which has the hash
// of its content in its name. So there is no list to be built, and none that could differ from what the page loads. Nothing
// else is kept: no answer of the hotel, nothing about anybody. That a file is the one that was built is seen to by the browser
// here as well, since the page says its digest.

const KEPT = "page";

// Where the page is: `/`, and `/<hotel>/`.
const PAGE = /^\/([a-z][a-z0-9-]*\/)?$/;
const HASHED = /-[0-9a-f]{12,}[._][^/]*$/;

// Of a server on this side of the network a page comes in much less. Where a network swallows everything, as in a lift, nothing comes.
const PATIENCE_MS = 4_000;
// What is said in the place of the server by who cannot reach it.
const OUT_OF_REACH = [502, 503, 504];

let keeping = Promise.resolve();

self.addEventListener("install", (event) => {
  // Whichever version of this file answers, it has no build of its own to wait for.
  self.skipWaiting();
  event.waitUntil(fetch("/", { cache: "no-cache" }).then(keep));
});

self.addEventListener("activate", (event) => {
  // The page need not wait until this has been started.
  const preload = self.registration.navigationPreload?.enable();
  event.waitUntil(Promise.all([self.clients.claim(), preload]));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && PAGE.test(pathname)) {
    event.respondWith(navigate(event));
  } else if (HASHED.test(pathname)) {
    event.respondWith(kept(request).then((file) => file ?? fetch(request)));
  }
});

/** The page as it is now, or else as it was seen last. */
async function navigate(event) {
  const fresh = now(event);
  event.waitUntil(fresh.catch(() => {}));
  const last = await kept("/");
  if (!last) return fresh;
  const patience = new Promise((done) => setTimeout(done, PATIENCE_MS));
  const page = await Promise.race([fresh, patience]).catch(() => {});
  return !page || OUT_OF_REACH.includes(page.status) ? last : page;
}

async function now(event) {
  const page = (await event.preloadResponse) ?? (await fetch(event.request));
  event.waitUntil(keep(page.clone()));
  return page;
}

/** Keeps the page and its files in the place of those before, one page after the other. */
function keep(page) {
  const kept = keeping.then(() => replace(page));
  // What could not be kept is kept the next time; until then the one before is there, with its files.
  keeping = kept.catch(() => {});
  return keeping;
}

async function replace(page) {
  if (!page.ok) return;
  const cache = await caches.open(KEPT);
  const html = await page.clone().text();
  const files = filesOf(html);
  const add = async ({ href, integrity }) => {
    if (await kept(href)) return;
    const file = await fetch(href, { integrity });
    if (!file.ok) throw new Error(`${href}: ${file.status}`);
    await cache.put(href, file);
  };
  await Promise.all(files.map(add));
  // Only when all of them are there, so that what is kept is whole at any time.
  await cache.put("/", page);
  const named = ["/", ...files.map(({ href }) => href)];
  const old = (await cache.keys()).filter(({ url }) => !named.includes(new URL(url).pathname));
  await Promise.all(old.map((request) => cache.delete(request)));
}

/** What the page links to of its own build. A minifier leaves out quotes. */
function filesOf(html) {
  const links = html.match(/<link\b[^>]*>/g) ?? [];
  const attribute = (link, name) => link.match(new RegExp(`[\\s-]${name}="?([^"\\s>]+)`))?.[1];
  const files = links.map((link) => ({ href: attribute(link, "href"), integrity: attribute(link, "integrity") }));
  return files.filter(({ href }) => HASHED.test(href));
}

function kept(request) {
  return caches.match(request, { cacheName: KEPT, ignoreVary: true });
}
