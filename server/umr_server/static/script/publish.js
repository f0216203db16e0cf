// The form stays where it is while it is checked: only what the server says of it is exchanged, and the token stays typed.
"use strict";

function opened(form) {
  return [...form.querySelectorAll("details[id]")].map((one) => [one.id, one.open]);
}

async function send(event) {
  const form = event.target;
  if (form.id !== "draft") return;
  event.preventDefault();
  const pressed = event.submitter;
  const typed = new FormData(form, pressed);
  const publishes = typed.get("do") === "publish";
  const token = form.querySelector("#token")?.value ?? "";
  if (!publishes) typed.delete("token");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(typed), headers: { Accept: "text/html" } });
  if (answer.redirected) {
    location.assign(answer.url);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#draft");
  if (!fresh) {
    form.querySelector("#outcome").replaceChildren(...page.querySelector("main").childNodes);
    return;
  }
  const open = opened(form);
  form.replaceWith(fresh);
  for (const [id, was] of open) {
    const part = document.getElementById(id);
    if (was && part) part.open = true;
  }
  const field = document.getElementById("token");
  if (field) field.value = token;
  const row = typed.get("add") && [...document.getElementById(typed.get("add")).querySelectorAll(".row")].pop();
  if (row) row.querySelector("select, input, textarea").focus();
  else document.getElementById("outcome").focus();
}

addEventListener("submit", send);
