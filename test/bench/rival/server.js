// The rival of the front: Fastify and pg, one process per core's share, each with its part of the pool. Tuned as their
// documentation advises: no logger, no body parsing where there is no body, named statements so that pg prepares them,
// Unix sockets both ways, connections kept open. The statement is one, so that a request is one exchange and one transaction;
// its result is the finished JSON, as it is for the front.
'use strict';
const cluster = require('node:cluster');
const path = require('node:path');
const modules = path.join(process.cwd(), 'node_modules');
const [listen, database, pool, processes] = process.argv.slice(2);

if (cluster.isPrimary) {
  cluster.schedulingPolicy = cluster.SCHED_NONE; // the kernel hands connections out: no hop through the primary
  for (let i = 0; i < Number(processes); ++i) cluster.fork();
  process.on('SIGTERM', () => { for (const id in cluster.workers) cluster.workers[id].kill(); process.exit(0); });
} else {
  const fastify = require(path.join(modules, 'fastify'))({ logger: false });
  const { Pool } = require(path.join(modules, 'pg'));
  const connections = new Pool({ host: database, port: 5432, database: 'curfew', user: 'curfew_front',
                                 max: Number(pool) / Number(processes), idleTimeoutMillis: 0 });
  const known = `(curfew.authenticate($1, NULL, 'http:rival', NULL)).principal_id IS NOT NULL`;
  const act = `SELECT curfew.row_json(done.s)::text AS body
    FROM (SELECT CASE WHEN ${known} THEN curfew.act($2::uuid, $3, reason => $4) END OFFSET 0) AS done (s)`;
  const introspect = `SELECT CASE WHEN (found.t).active THEN curfew.row_json(found.t)::text ELSE '{"active":false}' END AS body
    FROM (SELECT CASE WHEN ${known} THEN curfew.introspect($2) END OFFSET 0) AS found (t)`;

  const answer = async (reply, name, text, values) => {
    try {
      const result = await connections.query({ name, text, values });
      reply.header('content-type', 'application/json').send(result.rows[0].body);
    } catch (error) {
      const status = /^SL\d{3}$/.test(error.code) ? Number(error.code.slice(2)) : 500;
      reply.code(status).send({ status, detail: error.message });
    }
    return reply;
  };
  fastify.post('/curfew/v1/sessions/:id/:action', (request, reply) =>
    answer(reply, 'act', act, [request.headers['x-api-key'], request.params.id, request.params.action,
                                   request.body.reason]));
  fastify.post('/curfew/v1/introspect', (request, reply) =>
    answer(reply, 'introspect', introspect, [request.headers['x-api-key'], request.body.token]));
  fastify.get('/healthz', async () => ({ status: 'ok' }));
  fastify.listen({ path: listen, backlog: 511 });
}
