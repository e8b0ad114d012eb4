import type { Outcome, TestResult } from './outcome.ts'

/**
 * A test suite for each combination. The combination stands before each test's file, so that pages that know only test
 * cases tell them apart. What broke outside any test, and a run whose tests are not known, is a test case of its own.
 */
export function junitXml(outcomes: readonly Outcome[]): string {
  const suites = outcomes.map((outcome) => suite(outcome))
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: 'isolane matrix' }, suites)}`
}

interface Case extends Omit<TestResult, 'file'> {
  readonly file?: string
}

function suite(outcome: Outcome): string {
  const { name, versions, milliseconds } = outcome
  const cases = casesOf(outcome)
  const count = (status: TestResult['status']) => cases.filter((each) => each.status === status).length
  const attributes = {
    name,
    tests: cases.length,
    failures: count('failed'),
    errors: 0,
    skipped: count('skipped'),
    time: seconds(milliseconds),
  }
  const properties = Object.entries(versions).map(([service, value = '']) =>
    element('property', { name: service, value }),
  )
  return element('testsuite', attributes, [
    ...(properties.length > 0 ? [element('properties', {}, properties)] : []),
    ...cases.map((each) => testCase(name, each)),
  ])
}

function casesOf(outcome: Outcome): readonly Case[] {
  const { status, tests = [], milliseconds, failure } = outcome
  const isToldByTests = status === 'passed' || (status === 'failed' && tests.some((test) => test.status === 'failed'))
  if (tests.length > 0 && isToldByTests) return tests
  const run = { name: 'the command', milliseconds: tests.length > 0 ? 0 : milliseconds }
  if (status === 'passed') return [{ ...run, status: 'passed' }]
  if (status === 'failed') return [...tests, { ...run, status: 'failed', failure: failure ?? exit(outcome) }]
  return [...tests, { ...run, name: status, status: 'skipped' }]
}

function exit({ exitCode, logFile }: Outcome): string {
  return `The command ended with ${exitCode === undefined ? 'a signal' : `exit code ${exitCode}`}: see ${logFile}`
}

function testCase(combination: string, { file, name, status, milliseconds, failure = '' }: Case): string {
  const classname = file === undefined ? combination : `${combination} › ${file}`
  const attributes = { classname, name, time: seconds(milliseconds) }
  if (status === 'passed') return element('testcase', attributes)
  if (status === 'skipped') return element('testcase', attributes, [element('skipped', {})])
  const [message = ''] = failure.split('\n')
  return element('testcase', attributes, [`${start('failure', { message })}>${escaped(failure)}</failure>`])
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3)
}

type Attributes = Readonly<Record<string, string | number>>

function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  if (children.length === 0) return `${start(name, attributes)}/>`
  return [`${start(name, attributes)}>`, ...children, `</${name}>`].join('\n')
}

function start(name: string, attributes: Attributes): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${inAttribute(String(value))}"`)
  return `<${name}${written.join('')}`
}

function inAttribute(text: string): string {
  return escaped(text)
    .replaceAll('"', '&quot;')
    .replaceAll(/[\n\r\t]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** XML 1.0 has no way to write most control characters. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
