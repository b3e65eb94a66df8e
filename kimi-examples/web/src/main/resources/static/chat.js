'use strict';

const log = document.getElementById('log');
const form = document.getElementById('form');
const words = document.getElementById('words');
const picture = document.getElementById('picture');
const send = document.getElementById('send');
const turns = [];

function add(parent, name, text) {
  const part = document.createElement('div');
  part.className = name;
  part.textContent = text;
  parent.append(part);
  return part;
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** Shows one event; pieces of the same kind are joined. Everything is text, nothing of a reply becomes markup. */
function show(turn, name, text) {
  const last = turn.lastElementChild;
  if (last && last.className === name && name !== 'tool') {
    last.textContent += text;
  } else {
    add(turn, name, text);
  }
  window.scrollTo(0, document.body.scrollHeight);
}

/** Reads server-sent events: blocks of lines, parted by an empty one. */
async function events(response, each) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split('\n');
      const name = lines.find(l => l.startsWith('event:'));
      const data = lines.find(l => l.startsWith('data:'));
      if (name && data) each(name.slice(6).trim(), JSON.parse(data.slice(5)).text);
    }
  }
}

form.addEventListener('submit', async submitted => {
  submitted.preventDefault();
  const text = words.value.trim();
  if (!text) return;
  const file = picture.files[0];
  const address = file ? await base64(file) : '';
  turns.push({ role: 'user', text, picture: address.split(',')[1] || '' });
  const asked = add(log, 'turn user', '');
  if (address) {
    const shown = document.createElement('img');
    shown.src = address;
    asked.append(shown);
  }
  asked.append(text);
  words.value = '';
  picture.value = '';
  send.disabled = true;
  const turn = add(log, 'turn answer', '');
  let answer = '';
  try {
    const response = await fetch('chat', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ turns, thinking: document.getElementById('think').checked })
    });
    if (!response.ok) throw new Error('the server answered ' + response.status);
    await events(response, (name, piece) => {
      if (name === 'end') {
        turn.classList.add('done');
        return;
      }
      show(turn, name, piece);
      if (name === 'text') answer += piece;
    });
    turns.push({ role: 'assistant', text: answer, picture: '' });
  } catch (e) {
    show(turn, 'failure', e.message);
  }
  send.disabled = false;
  words.focus();
});
