using System.Runtime.InteropServices;

namespace Unkey.Engine.Keys;

/// <summary>The fixed part of a key record; immutable once published.</summary>
/// <remarks>
/// <code>
///        what every verification reads                     what the answer needs
///  0  Digest            32                          64  IdentityCell      8   0 = none
/// 32  ExpiresAtMs        8   MaxValue = never       72  Generation        8
/// 40  WorkspaceIndex     4                          80  ByteCount         4   of the whole record
/// 44  ApiIndex           4   -1 = none              84  FragmentLength    4
/// 48  Flags              2                          88  PermissionCount   4
/// 50  LimitCount         2                          92  KeyIdOffset       2   from the fragment's first byte,
/// 52  ForWorkspaceIndex  4   -1 = none                                        or KeyIdApart
/// 56  CreditCell         8   0 = unlimited          94  KeyIdLength       2
///
/// 96  permission hashes     8 each, ascending
///     limit entries        64 each
///     permission text ends  4 each, from the first byte of the texts
///     texts: permission slugs in the order of their hashes, limit texts, the legacy fragment and 2 bytes of its length if there is one,
///     the key id unless the fragment has it
///     fragment, ending at ByteCount
/// </code>
/// A key without permissions, limits and meta is the header and a fragment of about 50 bytes: about 150 bytes, and 16 a slot.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 96)]
internal struct KeyRecordHeader
{
    /// <summary><see cref="KeyIdOffset"/> of a record whose fragment does not contain the key id: the id ends where the fragment begins.</summary>
    public const ushort KeyIdApart = ushort.MaxValue;

    [FieldOffset(0)]
    public KeyDigest Digest;

    [FieldOffset(32)]
    public long ExpiresAtMs;

    [FieldOffset(40)]
    public int WorkspaceIndex;

    [FieldOffset(44)]
    public int ApiIndex;

    [FieldOffset(48)]
    public KeyFlags Flags;

    [FieldOffset(50)]
    public ushort LimitCount;

    [FieldOffset(52)]
    public int ForWorkspaceIndex;

    [FieldOffset(56)]
    public nint CreditCell;

    [FieldOffset(64)]
    public nint IdentityCell;

    [FieldOffset(72)]
    public ulong Generation;

    [FieldOffset(80)]
    public int ByteCount;

    [FieldOffset(84)]
    public int FragmentLength;

    [FieldOffset(88)]
    public int PermissionCount;

    [FieldOffset(92)]
    public ushort KeyIdOffset;

    [FieldOffset(94)]
    public ushort KeyIdLength;
}
