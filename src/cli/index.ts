#!/usr/bin/env node
import './node-version.ts'
import { Command, Option } from 'commander'
import { packageVersion } from '../core/package-root.ts'
import { addDoctor } from './doctor.ts'
import { addDown } from './down.ts'
import { addEnv } from './env/index.ts'
import { addExec } from './exec.ts'
import { exitCodes, reportFailure } from './exit-codes.ts'
import { addGc } from './gc.ts'
import { addImport } from './import.ts'
import { addInit } from './init.ts'
import { addInstall } from './install.ts'
import { addLogs } from './logs.ts'
import { addMatrix } from './matrix.ts'
import { addMigrate } from './migrate.ts'
import { addMigrations } from './migrations.ts'
import { addNamespace } from './namespace.ts'
import { addOpen } from './open.ts'
import { addReset } from './reset.ts'
import { addRoles } from './roles.ts'
import { addSnapshot } from './snapshot/index.ts'
import { addStatus } from './status.ts'
import { addSwitch } from './switch.ts'
import { addTemplate } from './template/index.ts'
import { addUndo } from './undo.ts'
import { addUp } from './up.ts'
import { addUpgrade } from './upgrade.ts'
import { addVerifyIsolation } from './verify-isolation.ts'
import { addWipe } from './wipe.ts'

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
  addEnv,
  addExec,
  addInit,
  addInstall,
  addDoctor,
  addGc,
  addImport,
  addLogs,
  addMatrix,
  addMigrate,
  addMigrations,
  addNamespace,
  addOpen,
  addRoles,
  addSnapshot,
  addSwitch,
  addTemplate,
  addUpgrade,
  addWipe,
  addReset,
  addUndo,
  addVerifyIsolation,
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
