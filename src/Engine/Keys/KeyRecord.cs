using System;
using System.Buffers.Binary;

namespace Unkey.Engine.Keys;

/// <summary>One key as verification sees it: a view of an immutable native record.</summary>
/// <remarks>
/// Valid until the holder's next quiescent point (<see cref="Memory.Participant"/>), or under the writer lock until the holder writes; an update
/// publishes another record and leaves this one as it was. <see langword="default"/> is "no record" (<see cref="IsNull"/>) and has no other readable
/// member. Any thread; no allocation; never throws. Layout: <see cref="KeyRecordHeader"/>.
/// </remarks>
public readonly unsafe struct KeyRecord
{
    private const int FewPermissions = 8;

    private readonly KeyRecordHeader* _header;

    internal KeyRecord(KeyRecordHeader* header) => _header = header;

    internal KeyRecord(nint address) => _header = (KeyRecordHeader*)address;

    /// <summary>Whether this is no record at all.</summary>
    public bool IsNull => _header is null;

    /// <summary>SHA-256 of the key.</summary>
    public KeyDigest Digest => _header->Digest;

    /// <summary>Key id in UTF-8.</summary>
    public ReadOnlySpan<byte> KeyId
    {
        get
        {
            byte* fragment = FragmentStart;
            int length = _header->KeyIdLength;
            return _header->KeyIdOffset == KeyRecordHeader.KeyIdApart
                ? new ReadOnlySpan<byte>(fragment - length, length)
                : new ReadOnlySpan<byte>(fragment + _header->KeyIdOffset, length);
        }
    }

    /// <summary>Unique among all records of the table's life, and rising: an equal generation is the same record.</summary>
    public ulong Generation => _header->Generation;

    /// <summary>Index of the owning workspace in the workspace registry.</summary>
    public int WorkspaceIndex => _header->WorkspaceIndex;

    /// <summary>Index of the API in the API registry; -1 when there is none.</summary>
    public int ApiIndex => _header->ApiIndex;

    /// <summary>Whether the key is not disabled.</summary>
    public bool Enabled => (_header->Flags & KeyFlags.Enabled) != 0;

    /// <summary>Whether a root key may verify every key of its workspace by <c>api.*.verify_key</c>.</summary>
    internal bool VerifiesEveryApi => (_header->Flags & KeyFlags.VerifiesEveryApi) != 0;

    /// <summary>Whether a root key may take tokens in every namespace of its workspace by <c>ratelimit.*.limit</c>.</summary>
    internal bool LimitsEveryNamespace => (_header->Flags & KeyFlags.LimitsEveryNamespace) != 0;

    /// <summary>Whether the key authenticates API calls.</summary>
    public bool IsRootKey => (_header->Flags & KeyFlags.RootKey) != 0;

    /// <summary>Unix milliseconds after which the key is expired; <see cref="long.MaxValue"/> is never.</summary>
    public long ExpiresAtMs => _header->ExpiresAtMs;

    /// <summary>Index of the workspace a root key manages; -1 when there is none.</summary>
    public int ForWorkspaceIndex => _header->ForWorkspaceIndex;

    /// <summary>The running balance; null when the key is unlimited.</summary>
    public CreditCell Credits => new((CreditCellLayout*)_header->CreditCell);

    /// <summary>The linked identity as it is now; null when there is none, or it is deleted.</summary>
    public IdentityRecord Identity => IdentityCell.Read((IdentityCell*)_header->IdentityCell);

    /// <summary>UTF-8 JSON of the constant members of the answer's <c>data</c>.</summary>
    public ReadOnlySpan<byte> Fragment => new(FragmentStart, _header->FragmentLength);

    /// <summary>Whether <see cref="Fragment"/> lists roles.</summary>
    public bool HasRoles => (_header->Flags & KeyFlags.Roles) != 0;

    /// <summary>UTF-8 JSON of the constant members that only the answer of v1 has; empty for most keys.</summary>
    public ReadOnlySpan<byte> LegacyFragment
    {
        get
        {
            if ((_header->Flags & KeyFlags.LegacyFragment) == 0)
            {
                return default;
            }

            int keyIdBytes = _header->KeyIdOffset == KeyRecordHeader.KeyIdApart ? _header->KeyIdLength : 0;
            byte* end = FragmentStart - keyIdBytes - sizeof(ushort);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(end, sizeof(ushort)));
            return new ReadOnlySpan<byte>(end - length, length);
        }
    }

    /// <summary>Limits of the key itself, without its identity's.</summary>
    public int LimitCount => _header->LimitCount;

    /// <summary>Distinct permission slugs.</summary>
    public int PermissionCount => _header->PermissionCount;

    /// <summary>Address of the record, for the writer.</summary>
    internal nint Address => (nint)_header;

    internal KeyRecordHeader* Header => _header;

    private byte* FragmentStart => (byte*)_header + _header->ByteCount - _header->FragmentLength;

    private ulong* PermissionHashes => (ulong*)(_header + 1);

    private LimitEntry* Limits => (LimitEntry*)(PermissionHashes + _header->PermissionCount);

    private uint* PermissionEnds => (uint*)(Limits + _header->LimitCount);

    /// <summary>One of the key's own limits.</summary>
    /// <param name="index">0 to <see cref="LimitCount"/> - 1; another value gives no limit.</param>
    [HotPath]
    public LimitView Limit(int index) => (uint)index < _header->LimitCount ? new LimitView(Limits + index) : default;

    /// <summary>One permission slug in UTF-8; the order is fixed for a record and otherwise arbitrary.</summary>
    /// <param name="index">0 to <see cref="PermissionCount"/> - 1; another value gives an empty span.</param>
    [HotPath]
    public ReadOnlySpan<byte> Permission(int index)
    {
        if ((uint)index >= (uint)_header->PermissionCount)
        {
            return default;
        }

        uint* ends = PermissionEnds;
        byte* texts = (byte*)(ends + _header->PermissionCount);
        uint start = index == 0 ? 0 : ends[index - 1];
        return new ReadOnlySpan<byte>(texts + start, (int)(ends[index] - start));
    }

    /// <summary>Whether the key has exactly this permission, by all bytes; no pattern has a meaning.</summary>
    /// <param name="slug">Slug in UTF-8.</param>
    /// <remarks>O(log <see cref="PermissionCount"/>) hash comparisons and one comparison of the bytes.</remarks>
    [HotPath]
    public bool HasPermission(ReadOnlySpan<byte> slug) => _header->PermissionCount > 0 && HasPermission(slug, TextHash.Of(slug));

    /// <summary>As <see cref="HasPermission(ReadOnlySpan{byte})"/>, for a slug that was hashed before.</summary>
    /// <param name="slug">Slug in UTF-8.</param>
    /// <param name="hash">Its <see cref="TextHash"/>.</param>
    [HotPath]
    internal bool HasPermission(ReadOnlySpan<byte> slug, ulong hash)
    {
        int count = _header->PermissionCount;
        ulong* hashes = PermissionHashes;
        int low = count <= FewPermissions ? FirstInOrder(hashes, count, hash) : FirstByHalving(hashes, count, hash);

        // BOUND: by the permissions of this key; equal hashes of different slugs are neighbours.
        for (; low < count && hashes[low] == hash; low++)
        {
            if (slug.SequenceEqual(Permission(low)))
            {
                return true;
            }
        }

        return false;
    }

    // The first of sorted hashes that is not less. What a key has few of is looked at in order, because each step of a search by halves is a branch nobody can predict.
    private static int FirstInOrder(ulong* hashes, int count, ulong hash)
    {
        int index = 0;

        // BOUND: by FewPermissions.
        while (index < count && hashes[index] < hash)
        {
            index++;
        }

        return index;
    }

    private static int FirstByHalving(ulong* hashes, int count, ulong hash)
    {
        int low = 0;
        int high = count;

        // BOUND: the interval halves.
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            if (hashes[middle] < hash)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
