// SPDX-License-Identifier: ISC
// Makes the pages: node build.mjs FOLDER.  Files in assets have the digest of
// what they contain in their names, and may be kept for ever.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { build } from "esbuild";

const out = process.argv[2];
const pages = [
	{ to: "ui/index.html", script: "board/board.ts", title: "Board",
	    about: "Tasks of everybody, on one board." },
	{ to: "ui/stats/index.html", script: "stats/stats.ts",
	    title: "Statistics", about: "How many tasks there are and were." },
	{ to: "ui/jobs/index.html", script: "jobs/jobs.ts", title: "Jobs",
	    about: "What is done in the background." },
	{ to: "docs/index.html", script: "docs/docs.ts", title: "API",
	    about: "The API of Errand, to read and to try.",
	    styles: ["node_modules/swagger-ui-dist/swagger-ui.css",
	        "docs/docs.css"],
	    libraries: ["node_modules/swagger-ui-dist/swagger-ui-bundle.js"] },
];
const assets = join(out, "ui/assets");
mkdirSync(assets, { recursive: true });

/** Copies a file to the assets; returns its name there. */
function asset(path, content = readFileSync(path)) {
	const digest = createHash("sha256").update(content).digest("hex");
	const end = extname(path);
	const name = `${basename(path, end)}-${digest.slice(0, 10)}${end}`;
	writeFileSync(join(assets, name), content);
	return name;
}

// What it says of a map that is not there would only be asked for.
const plain = (path) => readFileSync(path, "utf8")
	.replace(/^(\/\/|\/\*)# sourceMappingURL=.*$/m, "");

const result = await build({
	entryPoints: pages.map((each) => each.script),
	outdir: assets,
	entryNames: "[name]-[hash]",
	chunkNames: "common-[hash]",
	bundle: true,
	splitting: true,
	format: "esm",
	target: "es2022",
	minify: true,
	charset: "utf8",
	legalComments: "none",
	metafile: true,
	logLevel: "warning",
});
const scripts = new Map();
for (const [path, made] of Object.entries(result.metafile.outputs)) {
	if (made.entryPoint)
		scripts.set(made.entryPoint, basename(path));
}
const style = asset("style.css"), icon = asset("icon.svg");
for (const page of pages) {
	const root = "../".repeat(page.to.split("/").length - 1);
	const at = (name) => `${root}ui/assets/${name}`;
	const made = (paths = []) => paths.map((each) => asset(each, plain(each)));
	const styles = [...made(page.styles), style].map(
	    (each) => `<link rel="stylesheet" href="${at(each)}">`);
	const all = [
		...made(page.libraries).map(
		    (each) => `<script src="${at(each)}" defer></script>`),
		`<script type="module" src="${at(scripts.get(page.script))}"></script>`,
	];
	const html = readFileSync("page.html", "utf8")
		.replace("{{title}}", page.title)
		.replace("{{about}}", page.about)
		.replace("{{icon.svg}}", at(icon))
		.replace("{{root}}", root)
		.replace("{{styles}}", styles.join("\n"))
		.replace("{{scripts}}", all.join("\n"));
	mkdirSync(dirname(join(out, page.to)), { recursive: true });
	writeFileSync(join(out, page.to), html);
}
// Of whom the pages have parts.
const parts = ["oidc-client-ts", "jwt-decode", "swagger-ui-dist"];
writeFileSync(join(out, "LICENSES.txt"), parts.map((each) => {
	const { version, license } = JSON.parse(
	    readFileSync(`node_modules/${each}/package.json`, "utf8"));
	const words = readFileSync(`node_modules/${each}/LICENSE`, "utf8");
	return `${each} ${version}, ${license}\n\n${words}`;
}).join("\n\n"));
