// What every page does better with a script: the tab that is shown is marked, and blocks can be copied.
"use strict";

function markTab() {
  const tabs = [...document.querySelectorAll('.record .tabs a[href^="#"]')];
  const wanted = tabs.find((tab) => tab.hash === location.hash) ?? tabs[0];
  for (const tab of tabs) {
    if (tab === wanted) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}

function addCopyButtons() {
  if (!navigator.clipboard) return;
  for (const block of document.querySelectorAll("pre")) {
    // The editor, which may be there already, has each of its lines in one.
    if (block.closest(".CodeMirror")) continue;
    const text = block.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.prepend(button);
  }
}

markTab();
addEventListener("hashchange", markTab);
addCopyButtons();
