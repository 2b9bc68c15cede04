using System;
using Unkey.Engine.Memory;

namespace Unkey.Engine.Keys;

/// <summary>Records that refer to nothing, as a file can keep them: a block that is read into the memory where the records then live.</summary>
/// <remarks>
/// <para>In the file <see cref="KeyRecord.WorkspaceIndex"/> and <see cref="KeyRecord.ApiIndex"/> are those of the process that wrote it.
/// <see cref="TryTranslate"/> looks at every record and puts in those of this process; nothing is published before <see cref="KeyTable.Publish(KeyImage)"/>.</para>
/// <para>Used by one thread at a time.</para>
/// </remarks>
public sealed unsafe class KeyImage : IDisposable
{
    /// <summary>Raised when the bytes of a record mean something else.</summary>
    public const int LayoutVersion = 1;

    /// <summary>Bytes of a block: a huge page.</summary>
    public const int BlockBytes = 2 * 1024 * 1024;

    /// <summary>Bytes in front of the records that belong to the file; a cache line, so that records keep their places in lines.</summary>
    public const int HeadBytes = CacheLine.Bytes;

    private NativeBlock? _block;
    private int _end;
    private int _keys;

    /// <summary>Makes a block without a record.</summary>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public KeyImage() => _block = NativeBlock.Allocate(BlockBytes, touched: false);

    /// <summary>The memory to read the file's block into; empty after the publication.</summary>
    public Span<byte> Memory => _block is null ? default : new Span<byte>(_block.Pointer, BlockBytes);

    /// <summary>Keys of the last <see cref="TryTranslate"/> that was successful.</summary>
    public int Keys => _keys;

    /// <summary>Checks all records and gives them this process's indexes. To be called once, with memory whose checksum was right.</summary>
    /// <param name="end">Where the records end, from the start of the block.</param>
    /// <param name="keys">How many there are.</param>
    /// <param name="workspaces">Index in this process by the index in the file; -1 for one that is not there.</param>
    /// <param name="apis">The same of APIs.</param>
    /// <returns>Whether the block is sound and every record has its workspace and API.</returns>
    public bool TryTranslate(int end, int keys, ReadOnlySpan<int> workspaces, ReadOnlySpan<int> apis)
    {
        if (_block is null || end < HeadBytes || end > BlockBytes)
        {
            return false;
        }

        int at = HeadBytes;
        int count = 0;

        // BOUND: each turn goes on by the size of a record.
        while (at < end)
        {
            if (end - at < sizeof(KeyRecordHeader))
            {
                return false;
            }

            // SAFETY: a whole header lies before the end, which lies in the block.
            var header = (KeyRecordHeader*)(_block.Pointer + at);
            if (!IsPlain(header) || header->ByteCount > end - at
                || (uint)header->WorkspaceIndex >= (uint)workspaces.Length || workspaces[header->WorkspaceIndex] < 0
                || (uint)header->ApiIndex >= (uint)apis.Length || apis[header->ApiIndex] < 0)
            {
                return false;
            }

            header->WorkspaceIndex = workspaces[header->WorkspaceIndex];
            header->ApiIndex = apis[header->ApiIndex];
            at += SizeOf(header);
            count++;
        }

        if (at != end || count != keys)
        {
            return false;
        }

        _end = end;
        _keys = keys;
        return true;
    }

    /// <summary>Frees the memory unless it was published.</summary>
    public void Dispose()
    {
        _block?.Dispose();
        _block = null;
    }

    /// <summary>Whether a record refers to nothing but a workspace and an API, and has nothing behind its header but a fragment with the key id in it.</summary>
    internal static bool IsPlain(KeyRecordHeader* header) =>
        header->CreditCell == 0 && header->IdentityCell == 0 && header->PermissionCount == 0 && header->LimitCount == 0
        && (header->Flags & ~KeyFlags.Enabled) == 0 && header->ForWorkspaceIndex == -1 && header->WorkspaceIndex >= 0 && header->ApiIndex >= 0
        && (uint)header->FragmentLength <= PlainRecord.FragmentBytesMax && header->ByteCount == sizeof(KeyRecordHeader) + header->FragmentLength
        && header->KeyIdLength > 0 && header->KeyIdOffset + header->KeyIdLength <= header->FragmentLength;

    /// <summary>Bytes from a record to the next one.</summary>
    internal static int SizeOf(KeyRecordHeader* header) => (int)NativeHeap.RoundUp((nuint)header->ByteCount);

    /// <summary>Hands the memory over to the table.</summary>
    internal NativeBlock Take(out int end)
    {
        NativeBlock block = _block ?? throw new InvalidOperationException("An image is published once.");
        _block = null;
        end = _end;
        return block;
    }
}
