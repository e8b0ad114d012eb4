import { Redis } from 'ioredis'
import { lease } from 'isolane'

await using lane = await lease()
const redis = new Redis(lane.env.REDIS_URL ?? '')
await redis.rpush('guests', 'Ada', 'Grace')
console.log(`${await redis.llen('guests')} guests in ${lane.name}`)
redis.disconnect()
