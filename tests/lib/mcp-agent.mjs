// SPDX-License-Identifier: ISC
// The same as mcp-agent.py with a client of npm.
//
// usage: node mcp-agent.mjs FOLDER PACKAGE URL MODE TITLE
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, name, url, mode, title] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const load = (what) => import(pathToFileURL(require.resolve(what)));

let Client, Transport;
if (name === 'sdk') {
	({ Client } = await load('@modelcontextprotocol/sdk/client/index.js'));
	({ StreamableHTTPClientTransport: Transport } = await load(
	    '@modelcontextprotocol/sdk/client/streamableHttp.js'));
} else {
	({ Client, StreamableHTTPClientTransport: Transport } =
	    await load('@modelcontextprotocol/client'));
}

async function once() {
	const client = new Client({ name: 'test', version: '1' },
	    mode === 'legacy' ? {} : { versionNegotiation: { mode } });
	const transport = new Transport(new URL(url));
	await client.connect(transport);
	const { tools } = await client.listTools();
	if (!tools.some((tool) => tool.name === 'create_task'))
		throw new Error('there is no create_task');
	const result = await client.callTool({ name: 'create_task',
		arguments: { title, idempotency_key: title } });
	const wrong = await client.callTool({ name: 'create_task',
		arguments: { title: '' } });
	if (result.isError || !wrong.isError)
		throw new Error(JSON.stringify([result, wrong]));
	const version = client.getNegotiatedProtocolVersion?.() ??
	    transport.protocolVersion;
	await client.close();
	return { version, task: result.structuredContent };
}

for (let tries = 0; tries < 3; tries++) {
	try {
		console.log(JSON.stringify({ tries, ...await once() }));
		process.exit(0);
	} catch (e) {
		console.error('again:', e);
	}
}
process.exit(1);
