const $ = (id) => document.getElementById(id);
let state = null, busy = false;
const source = (file) => "pictures/" + encodeURIComponent(file);

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json", "X-Picks": "1" }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  return found;
}

async function send(path, body) {
  if (busy) return;
  busy = true;
  try {
    state = await ask(path, body);
    $("error").textContent = "";
    show();
  } catch (error) {
    $("error").textContent = "Not written: " + error.message;
  } finally {
    busy = false;
  }
}

async function begin(asked, take) {
  try {
    const found = await asked;
    $("reviewer").textContent = found.reviewer;
    take(found);
    state = await ask("state");
    show();
  } catch (error) {
    $("error").textContent = error.message;
  }
}

const undo = () => send("undo", {});
