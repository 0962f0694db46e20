'use strict';
// One instance of Steedos 1.22: settings first, then Meteor's bundles, then Steedos' own objects, then the HTTP server.

const crypto = require('crypto');
const path = require('path');

const NODE_MAJOR = '14';
const LISTENING_WITHIN = 5 * 60 * 1000; // ms; eleven at once on two cores take 82 s

function end(what) {
  const text = what instanceof Error ? what.stack : String(what);
  process.stderr.write(`steedos: the start failed: ${text}\n`, () => process.exit(1));
}

function refuse(sentence) {
  process.stderr.write(`steedos: ${sentence}\n`);
  process.exit(1);
}

function checkNode() {
  if (process.versions.node.split('.')[0] === NODE_MAJOR) return;
  refuse(
    `Steedos 1.22 runs on Node ${NODE_MAJOR} only, and ${process.execPath} is Node ${process.versions.node}: ` +
    "unset NODE to use the one that 'make steedos' fetches.");
}

// Meteor reports some failures only as an event that nobody handles, and one of Steedos' libraries listens to
// uncaughtException without ending: the process would stay, alive and not listening. Until the server listens, each
// of them ends the process, so that its supervisor starts it anew. From then on one request's mistake must not take
// the others with it: what Steedos itself does holds again, and a promise that nobody handles is only logged.
function guardStart() {
  const late = setTimeout(() => end(`not listening after ${LISTENING_WITHIN / 1000} s`), LISTENING_WITHIN);
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
  return function started() {
    clearTimeout(late);
    process.removeListener('uncaughtException', end);
    process.removeListener('unhandledRejection', end);
    process.on('unhandledRejection', (reason) => console.error('steedos: unhandled rejection:', reason));
  };
}

// Sign-ins are signed with this. It must be the same in every instance, and nobody's guess, as Steedos' own default is:
// so it follows from the database's password, which all instances have, unless the environment names one.
function tokenSecret(mongoUrl) {
  const credentials = /^mongodb(?:\+srv)?:\/\/([^/@:]+:[^/@]+)@/.exec(mongoUrl || '');
  return credentials ? crypto.createHmac('sha256', credentials[1]).update('steedos accounts').digest('hex') : '';
}

function loadEnvironment() {
  require('dotenv-flow').config({ path: __dirname, silent: true });
  process.env.ACCOUNTS_TOKEN_SECRET = process.env.ACCOUNTS_TOKEN_SECRET || tokenSecret(process.env.MONGO_URL);
  if (process.env.ACCOUNTS_TOKEN_SECRET) return;
  refuse(
    'MONGO_URL holds no password to sign sign-ins with, and with what Steedos would take instead anybody could forge ' +
    'them: set ACCOUNTS_TOKEN_SECRET to a long random text, the same in all instances.');
}

// Steedos reads steedos-config.yml from the working directory, once, and everything else (src/, public/, .plugins/)
// too: the first is the role's, the others are the project's.
function loadSettings() {
  process.chdir(path.join(__dirname, 'roles', process.env.ROLE || 'web'));
  require('@steedos/objectql').getSteedosConfig();
  process.chdir(__dirname);
}

// The runner prints MONGO_URL as it is.
function withoutPasswords(work) {
  const log = console.log;
  console.log = (...args) => log(...args.map((arg) => (
    typeof arg === 'string' ? arg.replace(/:\/\/[^/@\s]+@/g, '://[redacted]@') : arg)));
  try {
    return work();
  } finally {
    console.log = log;
  }
}

function start() {
  const started = guardStart();
  loadEnvironment();
  loadSettings();
  const runner = withoutPasswords(() => require('@steedos/meteor-bundle-runner'));
  const core = require('@steedos/core');
  runner.Fiber(() => {
    try {
      runner.Profile.run('Server startup', () => {
        runner.loadServerBundles();
        core.init().catch(end); // it goes on beside the rest; without it the pages come, but no objects
        runner.callStartupHooks();
        global.Package.webapp.WebApp.onListening(started);
        runner.runMain();
      });
    } catch (error) {
      end(error);
    }
  }).run();
}

checkNode();
start();
