// Workers, supervisors and workspaces in Twilio's own TaskRouter SDK, driven line by line.
//
//     node workers.js FOLDER-WITH-node_modules twilio-taskrouter

const { drive, load, name, say } = require('./driver.js');

const sdk = load(name);

const WORKER_EVENTS = ['ready', 'error', 'disconnected', 'tokenExpired', 'tokenUpdated',
  'activityUpdated', 'attributesUpdated', 'reservationCreated', 'reservationFailed'];
const RESERVATION_EVENTS = ['accepted', 'rejected', 'timeout', 'canceled', 'rescinded', 'completed',
  'wrapup'];
const TASK_EVENTS = ['updated', 'canceled', 'completed', 'wrapup', 'transferInitiated'];
const TRANSFER_EVENTS = ['attemptFailed', 'canceled', 'completed', 'failed'];

const shownTransfer = (t) => t && { sid: t.sid, status: t.status, to: t.to, type: t.type,
  mode: t.mode, worker: t.workerSid, reason: t.transferFailedReason };
const shownTask = (t) => ({ sid: t.sid, status: t.status, attributes: t.attributes,
  reason: t.reason, queue: t.queueName, workflow: t.workflowName, channel: t.taskChannelUniqueName,
  version: t.version, age: t.age, target: t.routingTarget,
  since: t.virtualStartTime && t.virtualStartTime.getTime() });
const shownReservation = (r) => ({ sid: r.sid, status: r.status, version: r.version,
  timeout: r.timeout, task: shownTask(r.task), transfer: shownTransfer(r.transfer),
  incoming: shownTransfer(r.task.transfers.incoming) });
const shownWorker = (w) => ({ sid: w.sid, name: w.friendlyName || w.name, attributes: w.attributes,
  activity: w.activity ? w.activity.name : w.activityName, version: w.version });
const shownChannel = (c) => ({ name: c.taskChannelUniqueName, capacity: c.capacity,
  available: c.available, assigned: c.assignedTasks, left: c.availableCapacityPercentage });

function begin(number, kind, servers, token, options) {
  const all = { ...servers, logLevel: 'silent', ...options };
  const client = new sdk[kind](token, all);
  const tell = (event, about) => say({ client: number, event, ...about });
  if (kind === 'Workspace') {
    const shown = (map, show) => [...map.values()].map(show);
    return {
      workers: async (params) => shown(await client.fetchWorkers(params), shownWorker),
      queues: async (params) => shown(await client.fetchTaskQueues(params),
        (q) => q.queueName || q.name),
      worker: async (sid) => shownWorker(await client.fetchWorker(sid)),
      queue: async (sid) => (await client.fetchTaskQueue(sid)).name,
      task: async (sid) => shownTask(await client.fetchTask(sid)),
      shutdown: () => undefined,
    };
  }

  const reservation = (sid) => client.reservations.get(sid) || known[sid];
  const known = {};
  function watch(found) {
    known[found.sid] = found;
    RESERVATION_EVENTS.forEach((event) => found.on(event,
      (r) => tell(`reservation ${event}`, shownReservation(r))));
    TASK_EVENTS.forEach((event) => found.task.on(event, (about) => {
      if (event !== 'transferInitiated') { tell(`task ${event}`, shownTask(about)); return; }
      tell('transfer initiated', shownTransfer(about));
      TRANSFER_EVENTS.forEach((each) => about.on(each,
        (t) => tell(`transfer ${each}`, shownTransfer(t))));
    }));
  }
  WORKER_EVENTS.forEach((event) => client.on(event, (about) => {
    if (event === 'reservationCreated') { watch(about); tell(event, shownReservation(about)); }
    else if (event === 'ready') {
      [...client.reservations.values()].forEach(watch);
      client.channels.forEach((channel) => ['capacityUpdated', 'availabilityUpdated'].forEach(
        (each) => channel.on(each, (c) => tell(each, shownChannel(c)))));
      tell(event, shownWorker(client));
    }
    else tell(event, { message: about && about.message, activity: client.activity && client.activity.name });
  }));
  const task = (sid) => reservation(sid).task;
  return {
    me: () => ({ ...shownWorker(client), activities: [...client.activities.values()].map((a) => a.name),
      channels: [...client.channels.values()].map(shownChannel),
      reservations: [...client.reservations.values()].map(shownReservation) }),
    show: (sid) => shownReservation(reservation(sid)),
    go: async (activity, more) => {
      const found = [...client.activities.values()].find((each) => each.name === activity);
      return (await found.setAsCurrent(more)).name;
    },
    setAttributes: async (to) => shownWorker(await client.setAttributes(to)),
    createTask: (...args) => client.createTask(...args),
    accept: async (sid) => shownReservation(await reservation(sid).accept()),
    // as Twilio's own tests do: the answer first, then a listener for the event
    acceptAndListen: async (sid) => {
      const accepted = await reservation(sid).accept();
      const before = accepted.task.status;
      await new Promise((resolve) => accepted.once('accepted', resolve));
      return [before, accepted.task.status];
    },
    reject: async (sid, more) => shownReservation(await reservation(sid).reject(more)),
    wrap: async (sid) => shownReservation(await reservation(sid).wrap()),
    completeReservation: async (sid) => shownReservation(await reservation(sid).complete()),
    wrapUp: async (sid, reason) => shownTask(await task(sid).wrapUp({ reason })),
    complete: async (sid, reason) => shownTask(await task(sid).complete(reason)),
    setTaskAttributes: async (sid, to) => shownTask(await task(sid).setAttributes(to)),
    conference: async (sid) => { await reservation(sid).conference(); },
    transfer: async (sid, to, more) => shownTransfer((await task(sid).transfer(to, more)).transfers.outgoing),
    cancelTransfer: async (sid) => shownTransfer(await task(sid).transfers.outgoing.cancel()),
    setWorkerActivity: async (sid, activity) => { await client.setWorkerActivity(sid, activity); },
    setWorkerAttributes: async (sid, to) => { await client.setWorkerAttributes(sid, to); },
    monitor: async (taskSid, sid) => { await client.monitor(taskSid, sid); },
    updateToken: (fresh) => { client.updateToken(fresh); },
    drop: () => { (client._signaling || client).webSocket.close(); },
    shutdown: () => { client.disconnect(); },
  };
}

drive(begin);
