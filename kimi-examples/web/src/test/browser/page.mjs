// The page in a headless browser: node page.mjs CHROMIUM ADDRESS PICTURE.png SCREENSHOT.png
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [executablePath, address, picture, screenshot] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
try {
  const page = await browser.newPage({ viewport: { width: 800, height: 640 } });
  const problems = [];
  page.on('pageerror', e => problems.push(e.message));

  // How often the answer grew: a stream comes in pieces.
  async function open() {
    await page.goto(address);
    await page.evaluate(() => {
      window.grown = 0;
      new MutationObserver(changes => { window.grown += changes.some(c => c.target.closest('.answer')) ? 1 : 0; })
        .observe(document.getElementById('log'), { childList: true, subtree: true });
    });
  }

  async function assertStreamed() {
    assert.ok(await page.evaluate(() => window.grown) > 4, 'the answer came in one piece');
  }

  async function ask(words, file) {
    const before = await page.locator('.answer').count();
    if (file) await page.setInputFiles('#picture', file);
    await page.fill('#words', words);
    await page.click('#send');
    const answer = page.locator('.answer').nth(before);
    await answer.and(page.locator('.done')).waitFor({ timeout: 60000 });
    assert.equal(await answer.locator('.failure').count(), 0, await answer.innerText());
    return answer;
  }

  await open();
  const capital = await ask('What is the capital of France?');
  assert.match(await capital.locator('.text').innerText(), /Paris/);
  assert.match(await capital.locator('.thinking').innerText(), /France/);
  await assertStreamed();
  console.log('ok streamed text with thinking');

  await open();
  await page.uncheck('#think');
  const seen = await ask('Tell me what is in the image.', picture);
  assert.equal(await seen.locator('.text').innerText(), 'I see a red star, an orange heart and a red heart.');
  assert.equal(await page.locator('.user img').count(), 1);
  await assertStreamed();
  console.log('ok picture, streamed');

  await open();
  await page.uncheck('#think');
  const weather = await ask('What is the weather in Paris?');
  assert.match(await weather.locator('.tool').innerText(), /weather\(Paris\)/);
  assert.match(await weather.locator('.text').innerText(), /14/);
  console.log('ok tool');

  // One page with all of it.
  await open();
  await page.uncheck('#think');
  await ask('Tell me what is in the image.', picture);
  await ask('What is the weather in Paris?');
  await page.check('#think');
  await ask('What is the capital of France?');
  await page.screenshot({ path: screenshot });
  assert.deepEqual(problems, []);
  console.log('ok screenshot');
} finally {
  await browser.close();
}
