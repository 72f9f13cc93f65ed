// Runs before the first paint, so that no light page flashes up in the dark.
// `?theme=` is for this page only; a choice by the button is remembered.
{
  let chosen = new URLSearchParams(location.search).get("theme");
  try { chosen ||= localStorage.getItem("theme"); } catch { /* storage is switched off: follow the system */ }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
