// SPDX-License-Identifier: ISC
// The same as "webhook-endpoint verify", by the verifier for JavaScript.
"use strict";
const { Webhook } = require("standardwebhooks");

const [secret, text] = process.argv.slice(2);
const one = JSON.parse(text);
new Webhook(secret).verify(Buffer.from(one.body, "base64"), one.headers);
