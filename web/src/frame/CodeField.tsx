// Where a code of the second factor is typed, or a recovery code in its place.
import { Anchor, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { t } from '../strings'

// forget drops what was said about the other kind of code.
type Props = { code: string; change: (code: string) => void; error: string | undefined; forget: () => void; focused?: boolean }

export function CodeField({ code, change, error, forget, focused = false }: Props) {
  const [recovery, setRecovery] = useState(false)
  return (
    <div>
      <TextInput
        key={String(recovery)} // a field of its own, so that no keyboard for digits stays
        label={recovery ? t.factor.recoveryCode : t.factor.code}
        description={recovery ? t.factor.recoveryHint : t.factor.codeHint}
        value={code}
        onChange={(e) => change(e.currentTarget.value)}
        error={error}
        name="code"
        inputMode={recovery ? 'text' : 'numeric'}
        autoComplete={recovery ? 'off' : 'one-time-code'}
        autoFocus={focused || recovery}
        spellCheck={false}
        maxLength={40}
      />
      <Text size="sm" mt={4}>
        <Anchor
          component="button"
          type="button"
          inherit
          onClick={() => {
            setRecovery(!recovery)
            change('')
            forget()
          }}
        >
          {recovery ? t.factor.byApp : t.factor.byRecovery}
        </Anchor>
      </Text>
    </div>
  )
}
