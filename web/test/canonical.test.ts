import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalText, exactJson } from "../src/lib/canonical.ts";

test("numbers keep every digit, names are sorted, text is ASCII", () => {
  const text = '{ "b": 1786581300123456789, "a": ["\\u00e9 \u{1f600}\\n", true, null, -0.0e0] }';
  assert.throws(() => exactJson(text), SyntaxError);
  const whole = text.replace("-0.0e0", "-7");
  assert.equal(
    canonicalText(exactJson(whole)),
    '{"a":["\\u00e9 \\ud83d\\ude00\\n",true,null,-7],"b":1786581300123456789}',
  );
});

test("empty lists and objects stand as they are", () => {
  assert.equal(canonicalText(exactJson('[{}, [], "", "\\u007f"]')), '[{},[],"","\\u007f"]');
});

test("what is no JSON, or not exact, is refused", () => {
  const wrong = ["", "{", "[1,]", "{1:2}", '{"a":1,"a":2}', "1.5", "1e3", "01", "-0", "1 2", '"\n"', "[1 2]", '{"a" 1}'];
  for (const text of wrong) assert.throws(() => exactJson(text), SyntaxError, text);
  assert.throws(() => exactJson("[".repeat(60) + "]".repeat(60)), SyntaxError);
});
