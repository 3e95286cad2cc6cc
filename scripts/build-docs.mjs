// Renders docs/openapi.json and docs/providers/providers.json as one self-contained page: no script,
// no request to any host.
//
//   node scripts/build-docs.mjs build/pages/docs.html
//
// Plain Node, no dependencies, runs before any install. Every text of the document is escaped by
// `escapeHtml`; markup is made here only.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dialects, readProviders, routes } from "./build-provider-docs.mjs";

const methods = ["get", "post", "put", "patch", "delete"];
const keyClasses = ["live", "test", "dev"];
const style = readFileSync(new URL("docs.css", import.meta.url), "utf8");

/**
 * The whole page. On a phone the contents are the target of a link, so that following one of them
 * closes the list without any script.
 * @param {any} spec an OpenAPI 3.1 document
 * @param {import("./build-provider-docs.mjs").Provider[]} providers
 * @returns {string} HTML
 */
export function renderPage(spec, providers) {
  const operations = listOperations(spec);
  const guide = splitGuide(spec.info.description);
  const menu = renderMenu(spec, operations, guide.sections);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(spec.info.summary)}">
<title>${escapeHtml(spec.info.title)}: API reference</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(gate("#b0561a"))}">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<aside>
<a class="brand" href="#top">${gate("currentColor")}<span>${escapeHtml(spec.info.title)}</span><small>${escapeHtml(spec.info.version)}</small></a>
<nav aria-label="Contents">${menu}</nav>
</aside>
<header class="bar">
<a class="brand" href="#top">${gate("currentColor")}<span>${escapeHtml(spec.info.title)}</span></a>
<a class="open" href="#menu">Contents</a>
<nav id="menu" aria-label="Contents">${menu}<p><a href="#top">Close</a></p></nav>
</header>
<main id="content">
${renderHero(spec, guide.lead)}
${guide.sections.map((section) => renderGuideSection(spec, section)).join("\n")}
${spec.tags.map((/** @type {any} */ tag) => renderTag(spec, tag, operations)).join("\n")}
${renderProviders(providers)}
${renderReference(spec)}
<footer>${escapeHtml(spec.info.title)} ${escapeHtml(spec.info.version)} · ${escapeHtml(spec.info.license.name)} · <a href="/openapi.json">openapi.json</a></footer>
</main>
</body>
</html>
`;
}

// --- Parts of the page ----------------------------------------------------------------------

function renderHero(spec, lead) {
  return `<section class="hero" id="top">
<h1>${escapeHtml(spec.info.title)}</h1>
<p class="tagline">${escapeHtml(spec.info.summary)}</p>
<div class="prose">${markdown(lead)}</div>
<p class="links"><a href="#quick-start">Quick start</a><a href="/openapi.json">OpenAPI document</a></p>
</section>`;
}

function renderGuideSection(spec, section) {
  const extra =
    section.id === "request-ids-and-traces"
      ? `${renderHeaders("Headers you may send", "request", Object.values(spec.components.parameters).filter((parameter) => parameter.in === "header"))}${renderHeaders("Headers you may get", "response", Object.entries(spec.components.headers).map(([name, header]) => ({ name, ...header })))}`
      : "";
  return `<section class="guide" id="${section.id}"><h2>${inline(section.title)}</h2><div class="prose">${markdown(section.body)}</div>${extra}</section>`;
}

function renderTag(spec, tag, operations) {
  const mine = operations.filter((operation) => operation.tags[0] === tag.name);
  return `<section class="tag" id="tag-${slug(tag.name)}"><h2>${escapeHtml(tag.name)}</h2><div class="prose">${markdown(tag.description)}</div>
${mine.map((operation) => renderOperation(spec, operation)).join("\n")}</section>`;
}

function renderOperation(spec, operation) {
  const request = operation.requestBody?.content?.["application/json"];
  const responses = Object.entries(operation.responses).map(([status, response]) => ({ status, ...resolve(spec, response), replay: isReplay(spec, operation, status) }));
  responses.sort((left, right) => Number(left.replay) - Number(right.replay));
  return `<article id="op-${operation.operationId}">
<h3>${escapeHtml(operation.summary)}</h3>
<p class="route">${badge(operation.method)}<code>${breakable(operation.path)}</code>${renderNeeds(operation)}</p>
<div class="split">
<div class="words">
<div class="prose">${markdown(operation.description)}</div>
${renderParameters(spec, operation.parameters)}
${request ? `<h4>Request body</h4>${renderFields(spec, request.schema)}` : ""}
<h4>Answers</h4>
<div class="answers">${responses.map((response) => renderResponse(spec, response)).join("")}</div>
</div>
<div class="code">${renderSamples(spec, operation, request, responses)}</div>
</div>
</article>`;
}

// What a caller needs, from the operation's x-gateway members.
function renderNeeds(operation) {
  if (operation.open) return `<span class="pill">public</span>`;
  const scope = operation["x-gateway-scope"];
  const classes = operation["x-gateway-classes"] ?? [];
  const key = `<span class="pill key">${scope ? `needs a key with <code>${escapeHtml(scope)}</code>` : "needs a key"}</span>`;
  const only = classes.length === 0 || classes.length === keyClasses.length ? "" : `<span class="pill">${classes.map(escapeHtml).join(" or ")} keys</span>`;
  return `${key}${only}${operation["x-gateway-sessions"] ? `<span class="pill">or a session token</span>` : ""}`;
}

// Those of the path and the query in full, headers as links to their list.
function renderParameters(spec, parameters) {
  const resolved = parameters.map((parameter) => resolve(spec, parameter));
  const headers = resolved.filter((parameter) => parameter.in === "header");
  const list = (/** @type {string} */ title, /** @type {string} */ place) => {
    const mine = resolved.filter((parameter) => parameter.in === place);
    return mine.length === 0 ? "" : `<h4>${title}</h4><ul class="fields">${mine.map((parameter) => renderField(spec, parameter.name, { description: parameter.description, ...parameter.schema }, markOf("request", parameter.required), "request", [])).join("")}</ul>`;
  };
  const chips = headers.length === 0 ? "" : `<p class="chips">Optional headers: ${headers.map((parameter) => `<a href="#request-${slug(parameter.name)}"><code>${escapeHtml(parameter.name)}</code></a>`).join(" ")}</p>`;
  return `${list("In the path", "path")}${list("In the query", "query")}${chips}`;
}

function renderResponse(spec, response) {
  const bodies = Object.entries(response.content ?? {});
  const headers = Object.keys(response.headers ?? {});
  const codes = errorCodesOf(spec, response);
  const good = Number(response.status) < 400;
  const shapes = bodies
    .filter(() => good)
    .map(([type, body], index) => {
      const fields = renderFields(spec, body.schema, "answer");
      return bodies.length === 1 ? fields : `<details class="media"${index === 0 ? " open" : ""}><summary><code>${escapeHtml(type)}</code></summary>${fields}</details>`;
    })
    .join("");
  const list = headers.length === 0 ? "" : `<p class="chips">Headers: ${headers.map((name) => `<a href="#response-${slug(name)}"><code>${escapeHtml(name)}</code></a>`).join(" ")}</p>`;
  const title = `<span class="status s${response.status[0]}">${escapeHtml(response.status)}</span><span class="what">${inline(response.description)}${codes.length === 0 ? "" : ` <span class="codes">${codes.map((code) => `<a href="#error-${slug(code)}"><code>${escapeHtml(code)}</code></a>`).join(" ")}</span>`}</span>`;
  return `<details${good && !response.replay ? " open" : ""}><summary>${title}</summary><div class="inside">${shapes}${list}</div></details>`;
}

// The answer to a retry with an Idempotency-Key: shown after what the first request gets.
function isReplay(spec, operation, status) {
  return status === "200" && operation.parameters.some((/** @type {any} */ one) => resolve(spec, one).name === "Idempotency-Key");
}

function renderSamples(spec, operation, request, responses) {
  const requests = request ? examplesOf(spec, request) : [{ summary: "Request", value: undefined }];
  const calls = requests.map((example, index) => sample(index === 0 && requests.length === 1 ? "curl" : example.summary, highlightShell(curl(spec, operation, example.value)), index === 0, `curl-${operation.operationId}`));
  const replies = responses
    .filter((response) => Number(response.status) < 300)
    .flatMap((response) => Object.entries(response.content ?? {}).flatMap(([type, body]) => examplesOf(spec, body).map((example) => ({ status: response.status, type, ...example }))));
  const shown = replies.map((reply, index) => sample(`${reply.status} · ${reply.summary}`, typeof reply.value === "string" ? highlightEvents(reply.value.trimEnd()) : highlightJson(reply.value), index === 0, `reply-${operation.operationId}`));
  return `${calls.join("")}${shown.length > 0 ? `<div class="gap"></div>${shown.join("")}` : ""}`;
}

function sample(title, html, open, group) {
  return `<details class="sample" name="${escapeHtml(group)}"${open ? " open" : ""}><summary>${inline(title)}</summary><pre tabindex="0"><code>${html}</code></pre></details>`;
}

function renderReference(spec) {
  const rows = spec.components.schemas.ErrorCode["x-errors"];
  const names = new Set(rows.map((/** @type {any} */ row) => row.code));
  const listed = spec.components.schemas.ErrorCode.enum;
  if (names.size !== listed.length || listed.some((/** @type {string} */ code) => !names.has(code))) {
    throw new Error("ErrorCode: enum and x-errors name different codes");
  }
  const errors = rows
    .map((/** @type {any} */ row) => `<tr id="error-${slug(row.code)}"><td><code>${escapeHtml(row.code)}</code></td><td>${row.status === "stream" ? `<span class="status s5">in a stream</span>` : `<span class="status s${String(row.status)[0]}">${escapeHtml(row.status)}</span>`}</td><td><code class="quiet">${escapeHtml(row.type)}</code></td><td>${inline(row.meaning)}</td></tr>`)
    .join("");
  const inRequests = new Set(listOperations(spec).map((operation) => operation.requestBody?.content["application/json"].schema.$ref?.split("/").pop()));
  const schemas = Object.entries(spec.components.schemas)
    .map(([name, schema]) => `<details class="schema" id="schema-${slug(name)}"><summary><code>${escapeHtml(name)}</code><span>${inline(firstSentence(schema.description ?? ""))}</span></summary><div class="inside">${renderFields(spec, schema, inRequests.has(name) ? "request" : "answer")}</div></details>`)
    .join("");
  return `<section class="tag" id="errors-table"><h2>Error codes</h2>
<div class="prose"><p>The gateway's own codes, and those that it gives to errors of a provider that speaks another dialect than the client. Where both speak the same, the provider's codes come through.</p></div>
<div class="scroll"><table class="errors"><thead><tr><th>code</th><th>status</th><th>type</th><th>meaning</th></tr></thead><tbody>${errors}</tbody></table></div></section>
<section class="tag" id="schemas"><h2>Schemas</h2><div class="prose"><p>Every shape by its name in the OpenAPI document.</p></div>${schemas}</section>`;
}

function renderProviders(providers) {
  const list = providers
    .map((one) => `<details class="schema" id="provider-${slug(one.title)}"><summary><code>${escapeHtml(one.prefix || "NAME")}/</code><span>${escapeHtml(one.title)}</span></summary><div class="inside">${renderProvider(one)}</div></details>`)
    .join("");
  return `<section class="tag" id="providers"><h2>Providers</h2>
<div class="prose"><p>What stands before the first slash of a model's name, what the operator sets to turn the provider on, and what it is asked.</p></div>${list}</section>`;
}

function renderProvider(one) {
  const variables = one.variables.map(({ name, meaning, secret }) => `<tr><td><code>${escapeHtml(name)}</code>${secret ? ` <span class="pill">secret</span>` : ""}</td><td>${inline(meaning)}</td></tr>`).join("");
  const asked = Object.entries(routes).map(([surface, route]) => {
    const mine = one.surfaces.find((/** @type {any} */ own) => own.asked === surface);
    return `<tr><td><code>${escapeHtml(route)}</code></td><td>${!mine ? "not served" : mine.translated ? `translated: ${escapeHtml(dialects[mine.dialect])}` : "passed on"}</td></tr>`;
  });
  const needs = one.needs ? `<p class="plain">On with ${escapeHtml(one.needs)}.</p>` : "";
  return `${needs}<h4>Variables</h4><div class="scroll"><table class="headers"><tbody>${variables}</tbody></table></div>
<h4>What clients ask for</h4><div class="scroll"><table class="headers"><tbody>${asked.join("")}</tbody></table></div>
<h4>What is carried and what is not</h4><div class="prose"><ul>${[...one.notes, ...one.facts].map((sentence) => `<li>${inline(sentence)}</li>`).join("")}</ul></div>`;
}

function renderHeaders(title, kind, headers) {
  const rows = headers
    .map((header) => `<tr id="${kind}-${slug(header.name)}"><td><code>${escapeHtml(header.name)}</code></td><td>${inline(header.description)}${header.example === undefined ? "" : `<br><code class="quiet">${breakable(String(header.example))}</code>`}</td></tr>`)
    .join("");
  return `<h4>${escapeHtml(title)}</h4><div class="scroll"><table class="headers"><tbody>${rows}</tbody></table></div>`;
}

function renderMenu(spec, operations, sections) {
  const guide = sections.map((section) => `<li><a href="#${section.id}">${inline(section.title)}</a></li>`).join("");
  const groups = spec.tags
    .map((/** @type {any} */ tag) => {
      const mine = operations.filter((operation) => operation.tags[0] === tag.name);
      return `<p>${escapeHtml(tag.name)}</p><ul>${mine.map((operation) => `<li><a class="op" href="#op-${operation.operationId}">${badge(operation.method)}<span>${breakable(operation.path)}</span></a></li>`).join("")}</ul>`;
    })
    .join("");
  return `<p>Guide</p><ul>${guide}</ul>${groups}<p>Reference</p><ul><li><a href="#providers">Providers</a></li><li><a href="#errors-table">Error codes</a></li><li><a href="#schemas">Schemas</a></li></ul>`;
}

function badge(method) {
  return `<b class="method ${method}">${method.toUpperCase()}</b>`;
}

// A small gate: an arch in a wall.
function gate(colour) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path fill="${colour}" fill-rule="evenodd" d="M2 4h4v2h3V4h6v2h3V4h4v17h-6v-6a4 4 0 0 0-8 0v6H2z"/></svg>`;
}

// --- Schemas --------------------------------------------------------------------------------

// The fields of a schema as a list; what is nested opens in place. Of a request it says what is
// required, of an answer what may be absent.
function renderFields(spec, schema, side = "request", seen = []) {
  const merged = merge(spec, schema);
  const { shape, path } = unwrap(spec, merged, seen);
  const alternatives = alternativesOf(spec, shape);
  if (alternatives.length > 0) {
    return alternatives
      .map((one) => `<div class="either"><p class="or">${escapeHtml(one.title ?? one.name ?? typeText(spec, one))}${one.description ? `<span>${inline(one.description)}</span>` : ""}</p>${renderFields(spec, one, side, [...path, ...(one.name ? [one.name] : [])])}</div>`)
      .join("");
  }
  const fields = Object.entries(shape.properties ?? {});
  if (fields.length === 0) {
    return `<p class="plain"><code class="type">${escapeHtml(typeText(spec, merged))}</code> ${inline(merged.description ?? "")}${facts(merged)}</p>`;
  }
  const required = new Set(shape.required ?? []);
  return `<ul class="fields">${fields.map(([name, field]) => renderField(spec, name, field, markOf(side, required.has(name)), side, path)).join("")}${shape.additionalProperties === true ? `<li class="more">Other members are allowed.</li>` : ""}</ul>`;
}

function renderField(spec, name, field, mark, side, seen) {
  const merged = merge(spec, field);
  const { shape, path } = unwrap(spec, merged, seen);
  const again = shape.name !== undefined && seen.includes(shape.name);
  const nested = !again && (Object.keys(shape.properties ?? {}).length > 0 || alternativesOf(spec, shape).length > 0);
  const count = Object.keys(shape.properties ?? {}).length;
  const label = [shape.name ?? alternativesOf(spec, shape)[0]?.name ?? (hasType(merged, "array") ? "each entry" : ""), count > 0 ? `${count} ${count === 1 ? "member" : "members"}` : ""].filter(Boolean).join(" · ");
  const inside = nested ? `<details><summary>${escapeHtml(label)}</summary>${renderFields(spec, merged, side, path)}</details>` : "";
  return `<li><p class="head"><code class="name">${breakable(name)}</code> <span class="type">${escapeHtml(typeText(spec, merged))}</span>${mark}</p>${merged.description ? `<p>${inline(merged.description)}</p>` : ""}${facts(merged)}${inside}</li>`;
}

function markOf(side, required) {
  if (side === "request") return required ? ` <span class="required">required</span>` : "";
  return required ? "" : ` <span class="optional">may be absent</span>`;
}

// Follows arrays and decoded content to the object that has the members.
function unwrap(spec, schema, seen) {
  let shape = schema;
  const path = [...seen];
  while (true) {
    if (shape.name !== undefined && !path.includes(shape.name)) path.push(shape.name);
    if (shape.items && hasType(shape, "array") && !shape.properties) shape = merge(spec, shape.items);
    else if (shape.contentSchema) shape = merge(spec, shape.contentSchema);
    else return { shape, path };
  }
}

// Members of anyOf or oneOf that are objects, when there is more than one thing to show.
function alternativesOf(spec, schema) {
  const options = (schema.anyOf ?? schema.oneOf ?? []).map((/** @type {any} */ option) => merge(spec, option));
  const objects = options.filter((/** @type {any} */ option) => option.properties);
  return objects.length > 0 && !schema.properties ? objects : [];
}

// A schema with its $ref followed and its allOf folded in. `name` is the component's.
function merge(spec, schema) {
  let result = schema;
  if (schema.$ref) {
    const { $ref, ...own } = schema;
    result = { ...merge(spec, lookup(spec, $ref)), name: $ref.split("/").pop(), ...own };
  }
  if (!result.allOf) return result;
  const { allOf, ...own } = result;
  const folded = { type: "object", properties: {}, required: [], ...own };
  for (const part of allOf.map((/** @type {any} */ one) => merge(spec, one))) {
    Object.assign(folded.properties, part.properties);
    folded.required = [...folded.required, ...(part.required ?? [])];
  }
  return folded;
}

function typeText(spec, schema) {
  const merged = merge(spec, schema);
  const options = merged.anyOf ?? merged.oneOf;
  if (options) return [...new Set(options.map((/** @type {any} */ option) => typeText(spec, option)).join(" or ").split(" or "))].join(" or ");
  if (merged.const !== undefined) return JSON.stringify(merged.const);
  const names = [merged.type ?? "anything"].flat();
  return names
    .map((name) => {
      if (name === "array" && merged.items) return `array of ${merge(spec, merged.items).name ?? plural(typeText(spec, merged.items))}`;
      if (name === "object" && merged.name) return merged.name;
      if (name === "string" && merged.format) return `string (${merged.format})`;
      return name;
    })
    .join(" or ");
}

function facts(schema) {
  const notes = [];
  if (schema.enum && schema.enum.length <= 6) notes.push(`one of ${schema.enum.map((/** @type {any} */ value) => `<code>${escapeHtml(JSON.stringify(value))}</code>`).join(" ")}`);
  if (schema.pattern) notes.push(`matches <code>${breakable(schema.pattern)}</code>`);
  if (schema.minimum !== undefined && schema.maximum !== undefined) notes.push(`${schema.minimum} to ${schema.maximum}`);
  if (schema.maxLength) notes.push(`${schema.minLength ?? 0} to ${schema.maxLength} characters`);
  if (schema.default !== undefined) notes.push(`default <code>${escapeHtml(JSON.stringify(schema.default))}</code>`);
  return notes.length === 0 ? "" : `<p class="facts">${notes.join(" · ")}</p>`;
}

function hasType(schema, type) {
  return [schema.type].flat().includes(type);
}

function plural(type) {
  return /^\w+$/.test(type) ? `${type}s` : type;
}

// --- The document ---------------------------------------------------------------------------

function listOperations(spec) {
  return Object.entries(spec.paths).flatMap(([path, item]) =>
    methods
      .filter((method) => item[method])
      .map((method) => {
        const operation = item[method];
        return {
          path,
          method,
          ...operation,
          parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])],
          open: (operation.security ?? spec.security).length === 0,
        };
      }),
  );
}

function lookup(spec, pointer) {
  const found = pointer
    .slice(2)
    .split("/")
    .reduce((/** @type {any} */ node, /** @type {string} */ part) => node?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], spec);
  if (!pointer.startsWith("#/") || found === undefined) throw new Error(`nothing at ${pointer}`);
  return found;
}

function resolve(spec, node) {
  return node.$ref ? resolve(spec, lookup(spec, node.$ref)) : node;
}

function examplesOf(spec, body) {
  return Object.values(body.examples ?? {}).map((example) => resolve(spec, example));
}

function errorCodesOf(spec, response) {
  if (Number(response.status) < 400) return [];
  const own = spec.components.schemas.ErrorCode.enum;
  return Object.values(response.content ?? {})
    .flatMap((body) => examplesOf(spec, body).map((example) => example.value?.error?.code))
    .filter((code, index, all) => own.includes(code) && all.indexOf(code) === index);
}

function curl(spec, operation, body) {
  const server = spec.servers.find((/** @type {any} */ one) => one.url.includes("://"))?.url ?? "";
  const plain = operation.method === (body === undefined ? "get" : "post");
  const method = plain ? "" : `-X ${operation.method.toUpperCase()} `;
  const path = operation.path.replace("{id}", operation.parameters.map((/** @type {any} */ one) => resolve(spec, one)).find((/** @type {any} */ one) => one.in === "path")?.example);
  const lines = [`curl ${method}${body?.stream ? "-N " : ""}${operation.path === "/" ? "-i " : ""}${server}${path}`];
  if (!operation.open) lines.push(`-H "Authorization: Bearer $GATEWAY_API_KEY"`);
  if (body !== undefined) {
    lines.push(`-H 'Content-Type: application/json'`, `-d '${layOut(body).replaceAll("'", "'\\''")}'`);
  }
  return lines.join(" \\\n  ");
}

// --- Text -----------------------------------------------------------------------------------

function escapeHtml(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

// Lets long paths and names break at their joints.
function breakable(text) {
  if (text.length < 20) return escapeHtml(text);
  return escapeHtml(text).replace(/([/.-])(?=\w)/g, "$1<wbr>");
}

function slug(text) {
  return String(text).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

function firstSentence(text) {
  return text.match(/^.*?[.;](?= |$)/s)?.[0] ?? text;
}

// The description's lead and its `## ` sections.
function splitGuide(description) {
  const [lead, ...rest] = description.split(/^## /m);
  const sections = rest.map((/** @type {string} */ part) => {
    const end = part.indexOf("\n");
    return { title: part.slice(0, end), id: slug(part.slice(0, end)), body: part.slice(end + 1) };
  });
  return { lead, sections };
}

// The little Markdown that the document uses: paragraphs, lists, fenced code, inline marks.
function markdown(text) {
  const parts = text.split(/^```(\w*)\n([\s\S]*?)^```$/m);
  let html = "";
  for (let index = 0; index < parts.length; index += 3) {
    for (const block of parts[index].split(/\n{2,}/).filter((one) => one.trim() !== "")) {
      const lines = block.trim().split("\n");
      if (lines.every((line) => line.startsWith("- "))) html += `<ul>${lines.map((line) => `<li>${inline(line.slice(2))}</li>`).join("")}</ul>`;
      else html += `<p>${inline(lines.join(" "))}</p>`;
    }
    if (index + 2 < parts.length) html += `<pre tabindex="0"><code>${highlight(parts[index + 1], parts[index + 2].trimEnd())}</code></pre>`;
  }
  return html;
}

function inline(text) {
  return text
    .split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/)
    .map((part) => {
      if (/^`[^`]+`$/.test(part)) return `<code>${breakable(part.slice(1, -1))}</code>`;
      if (/^\*\*[^*]+\*\*$/.test(part)) return `<strong>${escapeHtml(part.slice(2, -2))}</strong>`;
      const link = /^\[([^\]]+)\]\((#[\w-]+|\/[\w./-]*|https:\/\/[^)\s]+)\)$/.exec(part);
      return link ? `<a href="${escapeHtml(link[2])}">${escapeHtml(link[1])}</a>` : escapeHtml(part);
    })
    .join("");
}

function highlight(language, code) {
  if (language === "json") return highlightJson(JSON.parse(code));
  if (language === "sh") return highlightShell(code);
  if (language === "text") return highlightEvents(code);
  return paint(code, /(?<s>"[^"\n]*")|(?<k>\b(?:import|from|const|new|await)\b)/g);
}

function highlightJson(value) {
  return paint(layOut(value), jsonTokens);
}

function highlightShell(code) {
  return paint(code, /(?<k>^curl|(?<=\s)-[a-zA-Z]+(?=\s)|\\$)|(?<n>\$[A-Z_]+)|(?<a>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<s>"(?:[^"\\$]|\\.)*")/gm);
}

function highlightEvents(code) {
  return paint(code, /(?<k>^data:)|(?<a>"(?:[^"\\]|\\.)*"(?=:))|(?<s>"(?:[^"\\]|\\.)*")|(?<n>\bnull\b|\[DONE\])/gm);
}

const jsonTokens = /(?<a>"(?:[^"\\]|\\.)*"(?=:))|(?<s>"(?:[^"\\]|\\.)*")|(?<n>-?\d+(?:\.\d+)?|true|false|null)/g;

// JSON indented by two, but with what fits in a line kept on it.
function layOut(value, indent = "", used = 0) {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value) ? value.map((one) => layOut(one, inner)) : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${layOut(one, inner, name.length + 4)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const flat = `${open} ${parts.join(", ")} ${close}`;
  if (parts.length === 0) return open + close;
  if (indent !== "" && flat.length + indent.length + used <= 48 && !flat.includes("\n")) return flat;
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

// Wraps what the pattern's groups name; everything passes through `escapeHtml`.
function paint(code, pattern) {
  let html = "";
  let end = 0;
  for (const match of code.matchAll(pattern)) {
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [""];
    html += `${escapeHtml(code.slice(end, match.index))}<i class="${kind}">${escapeHtml(match[0])}</i>`;
    end = match.index + match[0].length;
  }
  return html + escapeHtml(code.slice(end));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const target = process.argv[2];
  if (!target) {
    console.error("usage: node scripts/build-docs.mjs <page.html>");
    process.exit(2);
  }
  const source = fileURLToPath(new URL("../docs/openapi.json", import.meta.url));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, renderPage(JSON.parse(readFileSync(source, "utf8")), readProviders()));
}
