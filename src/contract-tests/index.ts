/** What every runtime and every service passes; run these for your own. Needs Vitest. */
export * from './built-in-runtime.ts'
export * from './runtime.ts'
export * from './service.ts'
