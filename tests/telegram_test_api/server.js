// Runs telegram-test-api with what python-telegram-bot expects and it lacks, on a free port that it
// prints: node server.js FOLDER, where the folder holds node_modules.
'use strict';

const { once } = require('events');
const { createRequire } = require('module');
const path = require('path');

const Server = createRequire(path.join(process.argv[2], 'here.js'))('telegram-test-api');

const BOT = { id: 666, is_bot: true, first_name: 'Griot', username: 'TestNameBot' };
const MINUTES = 600; // seconds that messages are kept
const ASKED = ['AddedUserMessage', 'AddedUserCommand', 'AddedUserCallbackQuery'];

// Methods that it does not know, whose answer is only that they were done.
const DONE = [
  'deleteMyCommands', 'sendChatAction', 'sendMessageDraft', 'setMessageReaction', 'setMyCommands',
  'setMyDescription', 'setMyShortDescription',
];

// A press of a button belongs to a chat.
const format = Server.formatUpdate;
Server.formatUpdate = (update) => {
  const formatted = format(update);
  if (formatted.callback_query) formatted.callback_query.chat_instance = '1';
  return formatted;
};

const server = new Server({ host: '127.0.0.1', storeTimeout: MINUTES });
server.config.port = 0;

// A message has a sender, its date is in seconds, and its options are no longer JSON.
const add = server.addBotMessage.bind(server);
server.addBotMessage = (message, token) => sent(add(decoded(message), token));

function decoded({ link_preview_options: told, ...message }) {
  return told ? { ...message, link_preview_options: JSON.parse(told) } : message;
}

function sent(message) {
  return { ...message, from: BOT, date: Math.floor(Date.now() / 1000) };
}

// Instead of its own: getMe says that it is a bot, an edit gives the message, and a request for
// updates waits for one.
const answers = {
  getMe: () => BOT,
  editMessageText: edited,
  editMessageReplyMarkup: edited,
  getUpdates: async (fields, token) => {
    const now = server.getUpdates(token);
    if (now.length) return now;
    await asked(Number(fields.timeout || 0));
    return server.getUpdates(token);
  },
  ...Object.fromEntries(DONE.map((method) => [method, () => true])),
};

// An edit without buttons takes them away.
function edited(fields) {
  server.editMessageText({ reply_markup: undefined, ...fields });
  const number = Number(fields.message_id);
  const kept = server.storage.botMessages.find((one) => one.messageId === number);
  const chat = { id: Number(fields.chat_id), first_name: 'Bot', type: 'private' };
  return sent({ message_id: number, text: kept?.message.text, chat });
}

async function asked(seconds) {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), seconds * 1000);
  await Promise.race(ASKED.map((event) => once(server, event, { signal: over.signal })))
    .catch(() => {});
  clearTimeout(timer);
  over.abort();
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}

const others = server.webServer;
const front = async (request, response) => {
  const [, token, method] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url) || [];
  if (!Object.hasOwn(answers, method)) {
    others(request, response);
    return;
  }
  const result = await answers[method](await body(request), token);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ ok: true, result }));
};
server.webServer = Object.assign(front, { settings: others.settings });

server.start().then(() => {
  console.log(`listening on http://127.0.0.1:${server.server.address().port}`);
});
