namespace Unkey.Protocol;

/// <summary>Where a decoded string lies: in the body itself, or in the scratch memory when it had escapes.</summary>
internal readonly struct TextRange(int offset, int length, bool inScratch)
{
    public readonly int Offset = offset;
    public readonly int Length = length;
    public readonly bool InScratch = inScratch;
}
