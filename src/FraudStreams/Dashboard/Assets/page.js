// Starts the connection, keeps trying while the host is away, and hands keys to the view that wants them.
(() => {
  const away = document.getElementById("components-reconnect-modal");
  const start = () => Blazor.start({
    circuit: { reconnectionOptions: { maxRetries: 100000, retryIntervalMilliseconds: 1000 } },
  });

  // A host that was started again does not know this page any more: it is loaded anew as soon as the host answers.
  const reload = async () => {
    away.classList.add("shown");
    try {
      if ((await fetch("assets/icon.svg", { cache: "no-store" })).ok) { location.reload(); return; }
    } catch { /* not back yet */ }
    setTimeout(reload, 1000);
  };
  away.addEventListener("components-reconnect-state-changed", event => {
    const state = event.detail.state;
    away.classList.toggle("shown", state === "show" || state === "failed" || state === "rejected" || state === "retrying" || state === "paused");
    if (state === "rejected" || state === "failed" || state === "resume-failed") reload();
  });
  start();

  const inField = element => element.closest("input, select, textarea, [contenteditable]");
  let listener = null;
  document.addEventListener("keydown", event => {
    if (!listener || event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
    if (event.key === "Enter" && event.target.closest("a, button")) return;
    if (!listener.keys.includes(event.key)) return;
    event.preventDefault();
    listener.view.invokeMethodAsync("OnKeyAsync", event.key);
  });
  page.listen = (view, keys) => { listener = { view, keys }; };
  page.unlisten = () => { listener = null; };
  page.scrollTo = id => document.getElementById(id)?.scrollIntoView({ block: "nearest" });
})();
