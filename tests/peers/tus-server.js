// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright 2026 The bgcopyd authors
//
// node tus-server.js PORT FOLDER
//
// A tus server as people run it: @tus/server with its file store, found in BGC_PEERS. Uploads are created
// at /files; each answer is a line "METHOD /path STATUS" on standard output. It dies with its parent's pipe.

'use strict'

const http = require('node:http')
const path = require('node:path')
const { createRequire } = require('node:module')

const fromPeers = createRequire(path.join(process.env.BGC_PEERS, 'package.json'))
const { Server } = fromPeers('@tus/server')
const { FileStore } = fromPeers('@tus/file-store')

const [port, folder] = process.argv.slice(2)
const tus = new Server({ path: '/files', datastore: new FileStore({ directory: folder }), relativeLocation: true })

http.createServer((request, response) => {
  response.on('finish', () => console.log(`${request.method} ${request.url} ${response.statusCode}`))
  response.on('close', () => response.writableFinished || console.log(`${request.method} ${request.url} broken`))
  tus.handle(request, response)
}).listen(Number(port), '127.0.0.1')
