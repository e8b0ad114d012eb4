import { serviceContract } from '../../../src/contract-tests/service.ts'
import { type SqliteLane, sqlite } from '../../../src/services/sqlite/index.ts'
import { connect, Ground } from './fixture.ts'

for (const mode of ['DELETE', 'WAL']) {
  serviceContract<SqliteLane>(`sqlite, journal mode ${mode}`, async () => {
    const ground = new Ground()
    ground.write('schema.sql', `PRAGMA journal_mode = ${mode}; CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);`)
    ground.write('seed.sql', "INSERT INTO item (name) VALUES ('one'), ('two');")
    return {
      runtime: ground.runtime,
      definition: sqlite({ migrations: 'schema.sql', seed: 'seed.sql' }),
      root: ground.root,
      seeded: 2,
      write: async (lane) => {
        using database = connect(lane)
        database.exec("PRAGMA busy_timeout = 5000; INSERT INTO item (name) VALUES ('new')")
      },
      count: async (lane) => {
        using database = connect(lane)
        return Number(database.prepare('SELECT count(*) AS count FROM item').get()?.count)
      },
      damage: async (lane) => {
        using database = connect(lane)
        database.exec("DELETE FROM item WHERE name = 'two'")
      },
      dispose: async () => ground[Symbol.dispose](),
    }
  })
}
