// The official client against the endpoint: node client.mjs BASE_URL PICTURE.png. Exits 1 at the first thing that is wrong.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';

const [baseURL, picture] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
const model = 'kimi-nano';
const question = [{ role: 'user', content: 'What is the capital of France?' }];

async function check(name, body) {
  await body();
  console.log('ok ' + name);
}

await check('models', async () => {
  const names = [];
  for await (const one of client.models.list()) names.push(one.id);
  assert.deepEqual(names, [model]);
});

await check('completion', async () => {
  const reply = await client.chat.completions.create({ model, messages: question });
  assert.match(reply.choices[0].message.content, /Paris/);
  assert.match(reply.choices[0].message.reasoning_content, /France/);
  assert.equal(reply.choices[0].finish_reason, 'stop');
  assert.ok(reply.usage.total_tokens > 0);
  assert.ok('cached_tokens' in reply.usage.prompt_tokens_details);
});

await check('stream', async () => {
  const stream = await client.chat.completions.create({
    model, messages: question, stream: true, stream_options: { include_usage: true }
  });
  let text = '';
  let thinking = '';
  let usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    thinking += chunk.choices[0]?.delta?.reasoning_content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.match(text, /Paris/);
  assert.match(thinking, /France/);
  assert.ok(usage.completion_tokens > 0);
});

const tools = [{
  type: 'function',
  function: {
    name: 'weather',
    description: 'Current weather of a place.',
    parameters: {
      type: 'object',
      properties: { town: { type: 'string', description: 'City name' } },
      required: ['town']
    }
  }
}];

await check('tools, with the client\'s own loop', async () => {
  const runner = client.chat.completions.runTools({
    model,
    messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
    thinking: { type: 'disabled' },
    tools: [{
      type: 'function',
      function: {
        ...tools[0].function,
        parse: JSON.parse,
        function: args => { assert.equal(args.town, 'Paris'); return 'rainy, 14 degrees'; }
      }
    }]
  });
  assert.match(await runner.finalContent(), /14/);
});

await check('tools, streamed', async () => {
  const stream = client.chat.completions.stream({
    model, messages: [{ role: 'user', content: 'What is the weather in Paris?' }], tools, thinking: { type: 'disabled' }
  });
  const reply = await stream.finalChatCompletion();
  const call = reply.choices[0].message.tool_calls[0];
  assert.equal(call.id, 'functions.weather:0');
  assert.deepEqual(JSON.parse(call.function.arguments), { town: 'Paris' });
});

await check('picture', async () => {
  const url = 'data:image/png;base64,' + readFileSync(picture).toString('base64');
  const reply = await client.chat.completions.create({
    model,
    thinking: { type: 'disabled' },
    messages: [{
      role: 'user',
      content: [{ type: 'image_url', image_url: { url } }, { type: 'text', text: 'Tell me what is in the image.' }]
    }]
  });
  assert.equal(reply.choices[0].message.content, 'I see a red star, an orange heart and a red heart.');
});

await check('picture by address is refused', async () => {
  await assert.rejects(client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.com/cat.png' } }] }]
  }), e => e instanceof OpenAI.BadRequestError && /nothing is fetched/.test(e.message));
});

await check('JSON schema', async () => {
  const reply = await client.chat.completions.parse({
    model,
    messages: question,
    thinking: { type: 'disabled' },
    max_tokens: 60,
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'answer',
        strict: true,
        schema: {
          type: 'object',
          properties: { city: { type: 'string', enum: ['Rome', 'Paris'] } },
          required: ['city'],
          additionalProperties: false
        }
      }
    }
  });
  assert.ok(['Rome', 'Paris'].includes(JSON.parse(reply.choices[0].message.content).city));
});

await check('unknown field', async () => {
  await assert.rejects(client.chat.completions.create({ model, messages: question, guided_regex: 'a' }),
    e => e instanceof OpenAI.BadRequestError && e.param === 'guided_regex');
});

await check('cancel', async () => {
  const stream = await client.chat.completions.create({
    model, messages: question, stream: true, max_tokens: 1000
  });
  let chunks = 0;
  for await (const _ of stream) {
    if (++chunks === 2) stream.controller.abort();
  }
  assert.ok(chunks < 10);
  const after = await client.chat.completions.create({ model, messages: question });
  assert.match(after.choices[0].message.content, /Paris/);
});
