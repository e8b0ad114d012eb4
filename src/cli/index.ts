#!/usr/bin/env node
import './node-version.ts'
import { Command, Option } from 'commander'
import { packageVersion } from '../core/package-root.ts'
import { addDoctor } from './doctor.ts'
import { addDown } from './down.ts'
import { addExec } from './exec.ts'
import { exitCodes, reportFailure } from './exit-codes.ts'
import { addGc } from './gc.ts'
import { addInit } from './init.ts'
import { addInstall } from './install.ts'
import { addLogs } from './logs.ts'
import { addMatrix } from './matrix.ts'
import { addMigrations } from './migrations.ts'
import { addOpen } from './open.ts'
import { addSnapshot } from './snapshot/index.ts'
import { addStatus } from './status.ts'
import { addSwitch } from './switch.ts'
import { addTemplate } from './template/index.ts'
import { addUp } from './up.ts'
import { addUpgrade } from './upgrade.ts'

const program = new Command('isolane')
  .description('Gives every parallel test worker its own databases.')
  .version(packageVersion())
  .option('-C, --root <folder>', 'the project: where isolane.config.ts is, or below it (default: the current folder)')
  .enablePositionalOptions()
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.usage))

for (const add of [
  addUp,
  addDown,
  addStatus,
  addExec,
  addInit,
  addInstall,
  addDoctor,
  addGc,
  addLogs,
  addMatrix,
  addMigrations,
  addOpen,
  addSnapshot,
  addSwitch,
  addTemplate,
  addUpgrade,
])
  add(program)

// Before the command or behind it.
for (const command of program.commands) command.addOption(new Option('-C, --root <folder>').hideHelp())

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = reportFailure(error)
}
// What a user's config or seed left open, such as a timer, must not keep us; what we wrote is on its way first.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
