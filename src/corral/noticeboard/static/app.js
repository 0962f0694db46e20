// The board: one websocket brings new notes, fetch does the rest. Texts are only ever set as text, never as HTML.
"use strict";

const SHOWN = 200; // notes kept on the page
const LONGEST_WAIT = 15_000; // ms between two attempts to connect
const SERVICE_RESTART = 1012; // the close code of an instance that stops: another one is there already

const byId = (id) => document.getElementById(id);
const notes = new Map(); // id -> {note, element}

// --- Showing notes ---

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// The same name has the same colour in every browser. The golden angle sets neighbours (5040, 5041) far apart, and
// with 179 and 9973 the ten instances of the usual shape (two hosts, five ports) are at least 26 degrees from each other.
function hue(name) {
  let value = 7;
  for (const character of name) value = (value * 179 + character.codePointAt(0)) % 9973;
  return Math.round((value * 137.508) % 360);
}

function badge(instance) {
  const made = element("span", "badge", instance);
  made.style.setProperty("--hue", hue(instance));
  return made;
}

function size(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let step = 0;
  for (; bytes >= 1000 && step < units.length - 1; step++) bytes /= 1000;
  return `${step ? bytes.toFixed(1) : bytes} ${units[step]}`;
}

function ago(moment) {
  const seconds = Math.round((Date.now() - Date.parse(moment)) / 1000);
  if (!(seconds >= 10)) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(moment).toLocaleDateString(undefined, { dateStyle: "medium" });
}

function fileLink(file) {
  const link = element("a");
  link.href = `files/${encodeURIComponent(file.id)}`;
  link.append(element("span", "", file.name), element("small", "", size(file.length)));
  return link;
}

function card(note) {
  const made = element("li", "card note");
  made.style.setProperty("--hue", hue(note.instance));
  made.append(element("p", "", note.text));
  if (note.file) made.append(fileLink(note.file));
  const time = element("time", "", ago(note.created));
  time.dateTime = note.created;
  time.title = new Date(note.created).toLocaleString();
  const foot = element("footer");
  foot.append(badge(note.instance), time);
  made.append(foot);
  return made;
}

const later = (a, b) => a.created > b.created || (a.created === b.created && a.id > b.id);

function show(note, fresh) {
  if (notes.has(note.id)) return;
  const made = card(note);
  if (fresh) made.classList.add("new");
  const shown = [...notes.values()].find((other) => later(note, other.note));
  byId("notes").insertBefore(made, shown ? shown.element : null);
  notes.set(note.id, { note, element: made });
  const order = [...notes.values()].sort((a, b) => (later(a.note, b.note) ? -1 : 1));
  notes.clear();
  for (const one of order.slice(0, SHOWN)) notes.set(one.note.id, one);
  for (const one of order.slice(SHOWN)) one.element.remove();
  byId("empty").hidden = true;
}

let rereading = 0;

async function readBoard() {
  clearTimeout(rereading);
  try {
    const answer = await fetch("notes?limit=100");
    if (!answer.ok) throw new Error(String(answer.status));
    const list = (await answer.json()).notes;
    for (const note of list) show(note, false);
    if (!notes.size) byId("empty").textContent = "Nothing here yet. Write the first note.";
    byId("notes").ariaLive = "polite"; // from here on a screen reader hears what is new
  } catch {
    if (!notes.size) byId("empty").textContent = "The board can't be read just now. It will appear by itself.";
    clearTimeout(rereading);
    rereading = setTimeout(readBoard, 2000 + Math.random() * 2000);
  }
}

// --- The websocket ---

let attempts = 0;
let timer = 0;
let socket = null;

function setState(state, text) {
  const pill = byId("state");
  pill.dataset.state = state;
  pill.textContent = text;
}

function setFeed(live) {
  if (live) setState("live", "Live");
  else setState("waiting", "Waiting for the database…");
}

function receive(message) {
  if (message.type === "note") show(message.note, true);
  if (message.type === "feed") {
    setFeed(message.live);
    if (message.live) readBoard();
  }
  if (message.type === "hello") {
    attempts = 0;
    byId("socket").replaceChildren(badge(message.instance));
    showVersion(message.version);
    setFeed(message.live);
    readBoard();
  }
}

function connect() {
  clearTimeout(timer);
  const address = new URL("ws", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const mine = new WebSocket(address);
  socket = mine;
  mine.onmessage = (event) => receive(JSON.parse(event.data));
  mine.onclose = (event) => {
    if (socket === mine) reconnect(event.code);
  };
}

// Doubling with full jitter, so that a thousand browsers don't come back in one instant.
function reconnect(code) {
  setState("reconnecting", "Reconnecting…");
  byId("socket").textContent = "not connected";
  const longest = Math.min(500 * 2 ** attempts, LONGEST_WAIT);
  const wait = code === SERVICE_RESTART && attempts === 0 ? 0 : 100 + Math.random() * longest;
  attempts += 1;
  timer = setTimeout(connect, wait);
}

function connectNow() {
  if (socket && socket.readyState === WebSocket.CLOSED) connect();
}

// During a rollout the socket comes back from a newer instance than the one that served the page.
function showVersion(version) {
  const mine = byId("version").dataset.version;
  byId("version").textContent = version === mine ? mine : `${mine} (reload for ${version})`;
}

// --- Writing ---

let attached = null;

function attach(file) {
  attached = file || null;
  byId("attached").hidden = !attached;
  byId("attached-name").textContent = attached ? `${attached.name} · ${size(attached.size)}` : "";
  if (!attached) byId("file").value = "";
}

async function post(path, options) {
  const answer = await fetch(path, { method: "POST", ...options });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(content.error || `The answer was ${answer.status}.`);
  return content;
}

async function upload(file) {
  const form = new FormData();
  form.append("file", file);
  return (await post("files", { body: form })).id;
}

async function send(event) {
  event.preventDefault();
  const text = byId("text").value.trim() || (attached ? attached.name : "");
  byId("problem").textContent = "";
  if (!text) return byId("text").focus();
  const button = byId("send");
  button.disabled = true;
  try {
    const note = { text };
    if (attached) note.file = await upload(attached);
    const headers = { "Content-Type": "application/json" };
    await post("notes", { headers, body: JSON.stringify(note) });
    byId("text").value = "";
    attach(null);
    count();
  } catch (error) {
    const reason = error instanceof TypeError ? "The board can't be reached." : error.message;
    byId("problem").textContent = `${reason} Your text is still here.`;
  } finally {
    button.disabled = false;
    byId("text").focus();
  }
}

function count() {
  const left = 2000 - byId("text").value.length;
  byId("left").textContent = left < 200 ? `${left} left` : "";
}

// --- Who answers ---

async function countVisit() {
  try {
    const session = await (await fetch("session")).json();
    const visits = session.count === 1 ? "first visit" : `visit ${session.count}`;
    const elsewhere = session.instance !== byId("page").dataset.instance;
    byId("session").replaceChildren(visits, ...(elsewhere ? [" at ", badge(session.instance)] : []));
  } catch {
    byId("session").textContent = "unknown";
  }
}

async function watchWorker() {
  if (document.hidden) return;
  try {
    const run = (await (await fetch("jobs?limit=1")).json()).jobs[0];
    const age = run ? ago(run.finished) : "";
    byId("worker").textContent = run ? `run ${run.number}${age === "just now" ? "" : `, ${age}`}` : "no run so far";
    byId("worker").title = run ? run.instance : "";
  } catch {
    byId("worker").textContent = "unknown";
  }
}

function refreshTimes() {
  for (const { note, element } of notes.values()) element.querySelector("time").textContent = ago(note.created);
}

for (const made of document.querySelectorAll("[data-instance]")) {
  made.style.setProperty("--hue", hue(made.dataset.instance));
}
byId("write").addEventListener("submit", send);
byId("text").addEventListener("input", count);
byId("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("write").requestSubmit();
});
byId("file").addEventListener("change", (event) => attach(event.target.files[0]));
byId("detach").addEventListener("click", () => attach(null));
addEventListener("online", connectNow);
document.addEventListener("visibilitychange", () => document.hidden || (connectNow(), watchWorker()));
setInterval(refreshTimes, 10_000);
setInterval(watchWorker, 5000);
connect();
countVisit();
watchWorker();
