// The real ClickHouse engine (chdb runs it in this process) behind as much of its HTTP interface as the product uses: statements in the body, with
// parameters and settings in the URL; inserts with the query in the URL and gzip bodies; and a way for tests to make it fail. Prints {"port": N} when
// it serves.
//   node server.mjs DIRECTORY
// Faults of inserts: POST /fault?kind=K, and times=N: how often; with text=T only those whose rows contain it. Kinds:
//   refuse     500, as out of memory       reject  400, as rows that cannot be parsed
//   close      closed before it is stored  cut     closed as soon as the request begins to arrive
//   lose       stored, then closed         hang    stored, and never answered
//   half       stored, and the answer ends in its middle
//   trailing   200, and the exception in a field, as after the head of an answer was sent
import { createRequire } from 'node:module';
import http from 'node:http';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';

const { Session } = createRequire(import.meta.url)('chdb');
const session = new Session(process.argv[2]);
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'unkey-clickhouse-'));
const insert = /^\s*INSERT\s+INTO\s+(\w+)\s*\(([^)]*)\)\s*FORMAT\s+(\w+)\s*$/i;
const fault = { kind: 'none', times: 0, text: '' };
let files = 0;
let last = Promise.resolve();

// One statement at a time, as one session asks for.
function inTurn(work) {
  const result = last.then(work, work);
  last = result.catch(() => {});
  return result;
}

// chdb has no insert from memory, so rows go through a file whose columns are those of the table.
function runInsert([, table, columns, format], rows, token) {
  const types = new Map(JSON.parse(session.query(`DESCRIBE TABLE ${table}`, 'JSON')).data.map((column) => [column.name, column.type]));
  const names = columns.split(',').map((name) => name.trim().replaceAll('`', ''));
  const structure = names.map((name) => `\`${name}\` ${types.get(name)}`).join(', ').replaceAll("'", "\\'");
  const file = path.join(temporary, String(files++));
  fs.writeFileSync(file, rows);
  try {
    session.query(
      `INSERT INTO ${table} (${names.map((name) => `\`${name}\``).join(', ')}) SETTINGS insert_deduplication_token = '${token}' `
        + `SELECT * FROM file('${file}', '${format}', '${structure}')`,
      'TSV',
    );
  } finally {
    fs.rmSync(file);
  }
  return '';
}

function run(url, body) {
  const database = url.searchParams.get('database') ?? 'default';
  session.query(`CREATE DATABASE IF NOT EXISTS ${database}`);
  session.query(`USE ${database}`);
  const query = url.searchParams.get('query');
  const match = query?.match(insert);
  if (match) {
    return runInsert(match, body, url.searchParams.get('insert_deduplication_token') ?? '');
  }
  const statement = (query ?? '') + body.toString('utf8');
  if (url.searchParams.has('readonly') && !/^SELECT\s/.test(statement)) {
    throw new Error('Code: 164. DB::Exception: Cannot execute query in readonly mode');
  }
  const settings = [];
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) {
      session.query(`SET ${name} = '${literal(value)}'`);
    } else if (!ofRequest.has(name)) {
      settings.push(`${name} = '${literal(value)}'`);
    }
  }
  const format = statement.match(/\sFORMAT\s+(\w+)\s*$/i);
  const text = format ? statement.slice(0, format.index) : statement;
  return session.query(settings.length > 0 ? `${text} SETTINGS ${settings.join(', ')}` : text, format ? format[1] : 'TSV');
}

// What in the URL is no setting of the engine.
const ofRequest = new Set(['database', 'query', 'readonly', 'wait_end_of_query']);
const literal = (value) => value.replaceAll('\\', '\\\\').replaceAll("'", "\\'");

function takeFault(rows) {
  if (fault.times === 0 || !rows.includes(fault.text)) {
    return 'none';
  }
  fault.times--;
  return fault.kind;
}

function bodyOf(request, chunks) {
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(body) : body;
}

const server = http.createServer((request, response) => {
  const chunks = [];
  const url = new URL(request.url, 'http://localhost');
  const isInsert = url.searchParams.has('insert_deduplication_token');
  let isCut = false;
  request.on('data', (chunk) => {
    if (isInsert && chunks.length === 0 && fault.kind === 'cut' && fault.times > 0) {
      fault.times--;
      isCut = true;
      request.socket.destroy();
    }
    chunks.push(chunk);
  });
  request.on('end', () => inTurn(() => {
    if (isCut) {
      return;
    }
    if (url.pathname === '/fault') {
      fault.kind = url.searchParams.get('kind');
      fault.times = Number(url.searchParams.get('times') ?? 0);
      fault.text = url.searchParams.get('text') ?? '';
      response.end();
      return;
    }
    const body = bodyOf(request, chunks);
    const kind = isInsert ? takeFault(body) : 'none';
    if (kind === 'reject') {
      response.writeHead(400, { 'X-ClickHouse-Exception-Code': '33' });
      response.end('Code: 33. DB::Exception: told to reject\nand more');
      return;
    }
    if (kind === 'trailing') {
      response.writeHead(200, { 'X-ClickHouse-Exception-Code': '241' });
      response.end('Code: 241. DB::Exception: told to fail late');
      return;
    }
    if (kind === 'refuse') {
      response.writeHead(500, { 'X-ClickHouse-Exception-Code': '241' });
      response.end('Code: 241. DB::Exception: told to refuse');
      return;
    }
    if (kind === 'close') {
      response.destroy();
      return;
    }
    try {
      const answer = run(url, body);
      if (kind === 'hang') {
        return;
      }
      if (kind === 'half') {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('Ok');
        setImmediate(() => response.destroy());
        return;
      }
      if (kind === 'lose') {
        response.destroy();
        return;
      }
      response.end(answer);
    } catch (error) {
      const text = String(error.message ?? error);
      response.writeHead(500, { 'X-ClickHouse-Exception-Code': /Code: (\d+)/.exec(text)?.[1] ?? '1' });
      response.end(text);
    }
  }));
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
process.on('exit', () => fs.rmSync(temporary, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit(0));
