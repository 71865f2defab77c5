// When a page has come to rest: the app has answered all it was asked, nothing is left to load, nothing changes any more.
// Counted in the browser's own idle moments, not in seconds: a machine with other work to do has fewer of them.
// Added before a page's own scripts run; `window.rest.begin()`, then wait until `window.rest.isThere(selector)`.
(() => {
  const MOMENTS = 10;
  const APART = 50; // milliseconds
  let asked = 0;
  let answered = 0;
  let idle = 0;

  window.WebSocket = class extends WebSocket {
    constructor(...how) {
      super(...how);
      this.addEventListener("message", () => { answered = performance.now(); });
    }

    send(said) {
      asked = performance.now();
      super.send(said);
    }
  };

  new MutationObserver(() => { idle = 0; })
    .observe(document, { subtree: true, childList: true, attributes: true, characterData: true });

  const look = () => requestIdleCallback(() => {
    idle += 1;
    setTimeout(look, APART);
  });
  look();

  window.rest = {
    begin() { idle = 0; },
    isThere(last) {
      const app = document.querySelector('[data-testid="stApp"]');
      return idle >= MOMENTS && answered >= asked && app?.dataset.testScriptState === "notRunning"
        && document.querySelector(last) && !document.querySelector('[data-testid="stSkeleton"]');
    },
  };
})();
