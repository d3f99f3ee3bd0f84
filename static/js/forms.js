// Enhancement only: every page works without it.
// The error summary takes the focus; a sent form says that it is busy (the server answers a double submit itself).
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("[data-autofocus]")?.focus();
  // on a phone the menu scrolls sideways: bring the entry of this page into view
  const menu = document.querySelector(".nav");
  const here = menu?.querySelector("[aria-current]");
  if (here) menu.scrollLeft = here.offsetLeft - menu.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;
});

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const button = event.submitter;
  if (!button) return;
  // a second press of the same button while the first is on its way does nothing
  if (button.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  button.setAttribute("aria-busy", "true");
});

// a page that comes back from the history is not busy any more
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
});

// an open menu closes with Escape and when the focus goes elsewhere
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// numbers that are typed elsewhere can be copied, where the browser allows it
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.setAttribute("aria-live", "polite");
    button.textContent = button.dataset.done;
  });
}
