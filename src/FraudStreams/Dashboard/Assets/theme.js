// Before anything is painted: light or dark, as it was chosen here or as the system has it.
(() => {
  const root = document.documentElement;
  const stored = (() => { try { return localStorage.getItem("theme"); } catch { return null; } })();
  const asked = new URLSearchParams(location.search).get("theme");
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const link = document.createElement("link");
  link.rel = "stylesheet";
  const apply = theme => {
    root.dataset.theme = theme;
    link.href = theme === "dark" ? "assets/dark-base.css" : "assets/default-base.css";
  };
  apply([asked, stored].find(theme => theme === "light" || theme === "dark") ?? system);
  document.head.append(link);
  window.page = {
    turnTheme: () => {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      try { localStorage.setItem("theme", theme); } catch { /* for this time only */ }
      apply(theme);
    },
    name: () => { try { return localStorage.getItem("name"); } catch { return null; } },
    rename: name => { try { localStorage.setItem("name", name); } catch { /* for this time only */ } },
  };
})();
