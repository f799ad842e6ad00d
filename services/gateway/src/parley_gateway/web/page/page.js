// The gateway's own page: which agents there are, and the widget that calls them.

const widget = document.querySelector("parley-call");
const choice = document.getElementById("agent");
const problem = document.getElementById("problem");

async function fetchJson(path) {
  let answer;
  try {
    answer = await fetch(path);
  } catch {
    throw new Error("The gateway does not answer. Is it running?");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.detail || `The gateway answered with an error (${answer.status}).`);
  return body;
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
  choice.addEventListener("change", choose);
  choose();
  widget.hidden = false;
}

widget.addEventListener("parley-call:state", ({ detail }) => (choice.disabled = detail.state !== "idle"));
prepare().catch((error) => (problem.textContent = error.message));
