using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using Unkey.Engine.Memory;
using Unkey.Engine.Permissions;

namespace Unkey.Engine.Keys;

/// <summary>Turns a <see cref="KeySpec"/> into a native record: measured first, then written. Cold; under the writer lock.</summary>
internal sealed unsafe class KeyRecordBuilder
{
    private readonly KeySpec _spec;
    private readonly byte[] _keyId;
    private readonly Slug[] _slugs;
    private readonly ushort _keyIdOffset;
    private readonly long _limitTextBytes;

    /// <summary>Measures and checks a spec; allocates nothing native, so that a refusal leaves nothing behind.</summary>
    /// <exception cref="ArgumentException">A text or a count is over its bound, or a number is out of range.</exception>
    public KeyRecordBuilder(KeySpec spec)
    {
        if (spec.Credits < 0 || spec.BalanceSpent < 0)
        {
            throw new ArgumentException("Credits are 0 or more.", nameof(spec));
        }

        if (spec.LegacyFragment.Length > ushort.MaxValue)
        {
            throw new ArgumentException("A legacy fragment has at most 65,535 bytes.", nameof(spec));
        }

        _spec = spec;
        _ = RecordText.ByteCount(spec.KeyId, nameof(spec));
        _keyId = Encoding.UTF8.GetBytes(spec.KeyId);
        _slugs = SortedSlugs(spec.Permissions);
        _limitTextBytes = LimitWriter.TextBytes(spec.Limits);

        // The fragment opens with the key id, so most records need no second copy of it.
        int found = spec.Fragment.Span.IndexOf(_keyId);
        _keyIdOffset = found is >= 0 and < KeyRecordHeader.KeyIdApart ? (ushort)found : KeyRecordHeader.KeyIdApart;

        long bytes = sizeof(KeyRecordHeader) + ((long)_slugs.Length * (sizeof(ulong) + sizeof(uint)))
            + ((long)spec.Limits.Count * sizeof(LimitEntry)) + _limitTextBytes + spec.Fragment.Length;
        foreach (Slug slug in _slugs)
        {
            bytes += slug.Text.Length;
        }

        if (_keyIdOffset == KeyRecordHeader.KeyIdApart)
        {
            bytes += _keyId.Length;
        }

        if (!spec.LegacyFragment.IsEmpty)
        {
            bytes += spec.LegacyFragment.Length + sizeof(ushort);
        }

        if (bytes > int.MaxValue)
        {
            throw new ArgumentException("A record has at most 2 GiB.", nameof(spec));
        }

        ByteCount = (int)bytes;
    }

    /// <summary>Size of the record in bytes.</summary>
    public int ByteCount { get; }

    /// <summary>Builds a record that no reader sees yet.</summary>
    public nint Build(NativeHeap heap, ulong generation, CreditCellLayout* credits, IdentityCell* identity)
    {
        byte* start = heap.Allocate((nuint)ByteCount);
        *(KeyRecordHeader*)start = new KeyRecordHeader
        {
            Digest = _spec.Digest,
            ExpiresAtMs = _spec.ExpiresAtMs ?? long.MaxValue,
            WorkspaceIndex = _spec.WorkspaceIndex,
            ApiIndex = _spec.ApiIndex,
            Flags = (_spec.Enabled ? KeyFlags.Enabled : 0)
                | (_spec.IsRootKey ? KeyFlags.RootKey : 0)
                | (_spec.HasRoles ? KeyFlags.Roles : 0)
                | (_spec.LegacyFragment.IsEmpty ? 0 : KeyFlags.LegacyFragment)
                | (Has(VerifyGrant.Every) ? KeyFlags.VerifiesEveryApi : 0)
                | (Has(LimitGrant.Every) ? KeyFlags.LimitsEveryNamespace : 0),
            LimitCount = (ushort)_spec.Limits.Count,
            ForWorkspaceIndex = _spec.ForWorkspaceIndex,
            CreditCell = (nint)credits,
            IdentityCell = (nint)identity,
            Generation = generation,
            ByteCount = ByteCount,
            FragmentLength = _spec.Fragment.Length,
            PermissionCount = _slugs.Length,
            KeyIdOffset = _keyIdOffset,
            KeyIdLength = (ushort)_keyId.Length,
        };

        ulong* hashes = (ulong*)(start + sizeof(KeyRecordHeader));
        var limits = (LimitEntry*)(hashes + _slugs.Length);
        uint* ends = (uint*)(limits + _spec.Limits.Count);
        byte* texts = (byte*)(ends + _slugs.Length);
        byte* slugTexts = texts;
        for (int i = 0; i < _slugs.Length; i++)
        {
            hashes[i] = _slugs[i].Hash;
            texts = RecordText.Write(_slugs[i].Text, texts);
            ends[i] = (uint)(texts - slugTexts);
        }

        texts = LimitWriter.Write(_spec.Limits, limits, texts);
        if (!_spec.LegacyFragment.IsEmpty)
        {
            texts = RecordText.Write(_spec.LegacyFragment.Span, texts);
            BinaryPrimitives.WriteUInt16LittleEndian(new Span<byte>(texts, sizeof(ushort)), (ushort)_spec.LegacyFragment.Length);
            texts += sizeof(ushort);
        }

        if (_keyIdOffset == KeyRecordHeader.KeyIdApart)
        {
            texts = RecordText.Write(_keyId, texts);
        }

        texts = RecordText.Write(_spec.Fragment.Span, texts);
        Debug.Assert(texts == start + ByteCount, "Measured and written sizes differ.");
        return (nint)start;
    }

    private bool Has(ReadOnlySpan<byte> permission)
    {
        foreach (Slug slug in _slugs)
        {
            if (permission.SequenceEqual(slug.Text))
            {
                return true;
            }
        }

        return false;
    }

    private static Slug[] SortedSlugs(IReadOnlyCollection<string> permissions)
    {
        if (permissions.Count == 0)
        {
            return [];
        }

        Slug[] slugs = new Slug[permissions.Count];
        int count = 0;
        foreach (string permission in permissions)
        {
            byte[] text = Encoding.UTF8.GetBytes(permission);
            slugs[count++] = new Slug(TextHash.Of(text), text);
        }

        Array.Sort(slugs, static (left, right) => left.Hash != right.Hash
            ? left.Hash.CompareTo(right.Hash)
            : left.Text.AsSpan().SequenceCompareTo(right.Text));

        // Equal ones are neighbours now.
        int distinct = 1;
        for (int i = 1; i < count; i++)
        {
            if (!slugs[i].Text.AsSpan().SequenceEqual(slugs[distinct - 1].Text))
            {
                slugs[distinct++] = slugs[i];
            }
        }

        return distinct == count ? slugs : slugs[..distinct];
    }

    private readonly record struct Slug(ulong Hash, byte[] Text);
}
