using System;

namespace Unkey.Protocol;

/// <content>The values of members: texts and limits, and the scratch memory that the names of limits go to.</content>
public sealed partial class VerifyKeyRequestReader
{
    private static void Grow(ref byte[] buffer, int lengthMin)
    {
        if (buffer.Length < lengthMin)
        {
            // ALLOC: only for a request with more text than any ordinary one. BOUND: twice the length of the body.
            Array.Resize(ref buffer, Math.Max(lengthMin, buffer.Length * 2));
        }
    }

    private void AddLimit(ReadOnlySpan<byte> body, TextRange name, long cost, Member seen, long limit, long duration)
    {
        ReadOnlySpan<byte> text = _texts.Text(body, name);
        Grow(ref _names, _namesUsed + text.Length);
        if (_limitCount == _limits.Length)
        {
            // ALLOC: only for a request with more limits than any ordinary one. BOUND: the length of the body.
            Array.Resize(ref _limits, _limits.Length * 2);
        }

        text.CopyTo(_names.AsSpan(_namesUsed));
        _limits[_limitCount++] = new VerifyKeyLimit
        {
            NameOffset = _namesUsed,
            NameLength = text.Length,
            Cost = cost,
            HasLimit = (seen & Member.Limit) != 0,
            Limit = limit,
            HasDuration = (seen & Member.Duration) != 0,
            DurationMs = duration,
        };
        _namesUsed += text.Length;
    }

    private bool TryReadText(ref JsonScanner scanner, int lengthMin, int lengthMax, out TextRange text, out bool isValid) =>
        _texts.TryTake(ref scanner, scanner.Read(), lengthMin, lengthMax, out text, out isValid);
}
