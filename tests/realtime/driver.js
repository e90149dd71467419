// Clients that are driven line by line: commands come in on stdin as JSON; answers and events go
// out on stdout as JSON.

const { createRequire } = require('module');
const path = require('path');
const readline = require('readline');

const [, , folder, name] = process.argv;
const load = createRequire(path.join(folder, 'package.json'));

function say(line) { process.stdout.write(JSON.stringify(line) + '\n'); }

function refusal(error) {
  return { message: error.message, status: error.status, code: (error.body || error).code };
}

// Follow commands; begin(number, ...) makes a client: its commands by name.
function drive(begin) {
  const clients = {};
  readline.createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { id, client, act, args } = JSON.parse(line);
      if (act === 'begin') { clients[client] = begin(client, ...args); return; }
      Promise.resolve().then(() => clients[client][act](...args)).then(
        (answer) => say({ id, answer: answer === undefined ? null : answer }),
        (error) => say({ id, refused: refusal(error) }));
    })
    .on('close', () => process.exit(0));
}

// A page would log it and go on.
process.on('unhandledRejection', (error) => process.stderr.write(`unhandled: ${error}\n`));

module.exports = { drive, load, name, say };
