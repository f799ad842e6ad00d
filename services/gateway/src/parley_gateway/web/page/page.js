// The gateway's own page: which agents there are, and the widget that calls them.

const widget = document.querySelector("parley-call");
const choice = document.getElementById("agent");
const problem = document.getElementById("problem");
const asking = document.getElementById("key-asked");
const field = document.getElementById("key");

// The API key of this gateway, where it has one: from the address that `parley up` shows, or typed. It stays in this tab.
const KEY = "parley-api-key";
const given = new URLSearchParams(location.hash.slice(1)).get("key");
if (given) {
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
}

class KeyNeeded extends Error {}

async function fetchJson(path, options = {}) {
  const key = sessionStorage.getItem(KEY);
  let answer;
  try {
    const shown = key ? { Authorization: `Bearer ${key}` } : {};
    answer = await fetch(path, { ...options, headers: { ...options.headers, ...shown } });
  } catch {
    throw new Error("The gateway does not answer. Is it running?");
  }
  if (answer.status === 401) throw new KeyNeeded("This gateway has an API key. 'parley up' shows it.");
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.detail || `The gateway answered with an error (${answer.status}).`);
  return body;
}

function token(agent) {
  const body = JSON.stringify(agent ? { agent } : {});
  return fetchJson("/v1/tokens", { method: "POST", headers: { "Content-Type": "application/json" }, body });
}

function choose() {
  widget.setAttribute("agent", choice.value);
  widget.setAttribute("heading", choice.selectedOptions[0].text);
}

async function prepare() {
  const [config, { agents }] = await Promise.all([fetchJson("/v1/config"), fetchJson("/v1/agents")]);
  if (!agents.length) throw new Error("No agent has been published yet. Publish one and reload this page.");
  choice.replaceChildren(...agents.map((one) => new Option(one.name, one.agent)));
  if (agents.some((one) => one.agent === config.default_agent)) choice.value = config.default_agent;
  document.getElementById("agent-choice").hidden = agents.length < 2;
  choice.onchange = choose;
  choose();
  if (sessionStorage.getItem(KEY)) widget.getToken = token;
  widget.hidden = false;
}

widget.addEventListener("parley-call:state", ({ detail }) => (choice.disabled = detail.state !== "idle"));

function begin() {
  problem.textContent = "";
  asking.hidden = true;
  prepare().catch((error) => {
    problem.textContent = error.message;
    asking.hidden = !(error instanceof KeyNeeded);
  });
}

field.addEventListener("change", () => {
  sessionStorage.setItem(KEY, field.value.trim());
  begin();
});
begin();
