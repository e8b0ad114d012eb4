/** Owns a Neo4j host with one lane until it is killed; prints the host's pid, the lane's port and its folder. */
import { laneId, open } from './fixture.ts'

const opened = await open({}, { runs: process.argv[2] ?? '' })
const { port } = await opened.session.createLane(laneId(1))
console.log(JSON.stringify({ pid: opened.instance.pid, port, folder: opened.instance.endpoint.privateFolder }))
setInterval(() => {}, 60_000)
