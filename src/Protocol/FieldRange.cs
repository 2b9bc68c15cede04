namespace Unkey.Protocol;

/// <summary>Where one field lies in the bytes of a head. Offsets and lengths in bytes, the value without white space around it.</summary>
internal readonly struct FieldRange(int nameOffset, int nameLength, int valueOffset, int valueLength)
{
    public readonly int NameOffset = nameOffset;
    public readonly int NameLength = nameLength;
    public readonly int ValueOffset = valueOffset;
    public readonly int ValueLength = valueLength;
}
