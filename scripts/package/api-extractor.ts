import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
} from '@microsoft/api-extractor'
import { root } from './manifest.ts'

const reportFileName = 'report.api.md'

interface ExtractOptions {
  /** Whether types that it mentions and does not export are told too. */
  readonly whole: boolean
}

type Extract = (
  types: string,
  options: ExtractOptions,
) => { readonly text: string; readonly mentioned: readonly string[] }

/**
 * Shares the work of loading the declarations.
 * @param all the declaration files of the package's entries, below the project's folder
 * @param folder for intermediate files
 */
export function extractor(all: readonly string[], folder: string): Extract {
  const additionalEntryPoints = all.map((types) => join(root, types))
  let compilerState: CompilerState | undefined
  return (types, options) => {
    const prepared = config(types, folder, options)
    compilerState ??= CompilerState.create(prepared, { additionalEntryPoints })
    const mentioned: string[] = []
    const messageCallback = (message: ExtractorMessage) => {
      message.handled = true
      if (message.logLevel === ExtractorLogLevel.Error) throw new Error(message.formatMessageWithLocation(root))
      if (message.messageId === 'ae-forgotten-export') mentioned.push(/"(.+?)"/.exec(message.text)?.[1] ?? '')
    }
    Extractor.invoke(prepared, { localBuild: true, compilerState, messageCallback })
    return { text: readFileSync(join(folder, reportFileName), 'utf8'), mentioned }
  }
}

function config(types: string, folder: string, { whole }: ExtractOptions): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, types),
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2023',
            lib: ['es2023', 'esnext.disposable'],
            module: 'nodenext',
            moduleResolution: 'nodenext',
            types: ['node'],
            strict: true,
            skipLibCheck: true,
          },
          files: [join(root, types)],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName,
        reportFolder: folder,
        reportTempFolder: join(folder, 'temporary'),
        includeForgottenExports: whole,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  })
}
