using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Events;
using Unkey.Server.Hosting;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite.Segments;

/// <summary>Stores the events of a batch as segments. One thread, inside its transaction; makes no garbage for an event.</summary>
/// <remarks>
/// A segment has events of one kind. The first workspaces that a batch has events of get segments of their own, so that a query of theirs reads nothing else; the
/// rest share one, which names no workspace.
/// </remarks>
internal sealed class SegmentWriter : IDisposable
{
    // More than this many segments of a batch would cost more to write than they spare who reads.
    private const int OwnMax = 16;

    private readonly SqliteStatement _insert;
    private readonly List<Group> _groups = [];
    private readonly byte[] _workspaces = new byte[OwnMax * Group.WorkspaceBytesMax];
    private Entry[] _entries = new Entry[1024];
    private byte[] _buffer = new byte[64 * 1024];
    private int _count;

    /// <summary>Prepares the statement.</summary>
    public SegmentWriter(SqliteConnection connection) => _insert = new SqliteStatement(
        connection,
        "INSERT INTO event_segments (kind, workspace_id, count, min_time, max_time, checksum, events) VALUES (?, ?, ?, ?, ?, ?, ?)");

    /// <summary>Stores the events of a batch; what is no whole event of a known kind is left out.</summary>
    /// <exception cref="SqliteException">It failed; the transaction is to be rolled back.</exception>
    public void Write(EventBatch batch)
    {
        _groups.Clear();
        _count = 0;
        int offset = 0;
        while (batch.TryNext(ref offset, out ReadOnlySpan<byte> payload))
        {
            if (TryRead(payload, out EventKind kind, out long timeMs, out ReadOnlySpan<byte> workspace))
            {
                Add(offset - payload.Length, payload.Length, timeMs, GroupOf(kind, workspace));
                BackgroundThread.Breathe(_count);
            }
        }

        for (int group = 0; group < _groups.Count; group++)
        {
            Write(batch.Events.Span, group);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _insert.Dispose();

    private static bool TryRead(ReadOnlySpan<byte> payload, out EventKind kind, out long timeMs, out ReadOnlySpan<byte> workspace)
    {
        kind = payload.IsEmpty ? default : (EventKind)payload[0];
        switch (kind)
        {
            case EventKind.Verification when VerificationEvent.TryRead(payload, out VerificationEvent verification):
                timeMs = verification.TimeMs;
                workspace = verification.WorkspaceId;
                return true;
            case EventKind.Ratelimit when RatelimitEvent.TryRead(payload, out RatelimitEvent limit):
                timeMs = limit.TimeMs;
                workspace = limit.WorkspaceId;
                return true;
            case EventKind.Request when RequestEvent.TryRead(payload, out RequestEvent request):
                timeMs = request.TimeMs;
                workspace = request.WorkspaceId;
                return true;
            default:
                timeMs = 0;
                workspace = default;
                return false;
        }
    }

    private void Add(int offset, int length, long timeMs, int group)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _entries.Length * 2);
        }

        _entries[_count++] = new Entry { Offset = offset, Length = length, TimeMs = timeMs, Group = group };
    }

    private int GroupOf(EventKind kind, ReadOnlySpan<byte> workspace)
    {
        // Of the kind: the one that is shared, if it was made.
        int shared = -1;
        for (int i = 0; i < _groups.Count; i++)
        {
            if (_groups[i].Kind != kind)
            {
                continue;
            }

            if (WorkspaceOf(i).SequenceEqual(workspace))
            {
                return i;
            }

            shared = _groups[i].Length == 0 ? i : shared;
        }

        bool isOwn = workspace.Length <= Group.WorkspaceBytesMax && _groups.Count < OwnMax;
        if (!isOwn && shared >= 0)
        {
            return shared;
        }

        int number = _groups.Count;
        int length = isOwn ? workspace.Length : 0;
        if (length > 0)
        {
            workspace.CopyTo(_workspaces.AsSpan(number * Group.WorkspaceBytesMax));
        }

        _groups.Add(new Group(kind, length));
        return number;
    }

    private ReadOnlySpan<byte> WorkspaceOf(int group) =>
        _groups[group].Length == 0 ? default : _workspaces.AsSpan(group * Group.WorkspaceBytesMax, _groups[group].Length);

    private void Write(ReadOnlySpan<byte> events, int group)
    {
        int used = Begin();
        int count = 0;
        (long min, long max) = (long.MaxValue, long.MinValue);
        for (int i = 0; i < _count; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.Group != group)
            {
                continue;
            }

            if (used >= Segment.BytesMax)
            {
                Insert(group, used, count, min, max);
                used = Begin();
                count = 0;
                (min, max) = (long.MaxValue, long.MinValue);
            }

            if (_buffer.Length - used < sizeof(int) + entry.Length)
            {
                Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, used + sizeof(int) + entry.Length));
            }

            BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(used), entry.Length);
            events.Slice(entry.Offset, entry.Length).CopyTo(_buffer.AsSpan(used + sizeof(int)));
            used += sizeof(int) + entry.Length;
            min = Math.Min(min, entry.TimeMs);
            max = Math.Max(max, entry.TimeMs);
            count++;
            BackgroundThread.Breathe(count);
        }

        Insert(group, used, count, min, max);
    }

    private int Begin()
    {
        _buffer[0] = Segment.Version;
        return Segment.HeadBytes;
    }

    private void Insert(int group, int used, int count, long min, long max)
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, used);
        _insert.Number((long)_groups[group].Kind).Text(WorkspaceOf(group)).Number(count).Number(min).Number(max).Number(Segment.Checksum(bytes)).Blob(bytes).Run();
    }

    private struct Entry
    {
        public long TimeMs;
        public int Offset;
        public int Length;
        public int Group;
    }

    /// <param name="Kind">Of its events.</param>
    /// <param name="Length">Bytes of its workspace's id; 0 for the one that is shared.</param>
    private readonly record struct Group(EventKind Kind, int Length)
    {
        public const int WorkspaceBytesMax = 64;
    }
}
