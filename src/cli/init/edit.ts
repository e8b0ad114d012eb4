/** What came of looking at one file. */
export interface Edit {
  /** The file's new text; as it was when there is nothing to do. */
  readonly text: string
  /** What the user should know. */
  readonly notes: readonly string[]
  /** What is left to the user, because the file was not understood. */
  readonly byHand?: string
}
