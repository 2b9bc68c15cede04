using System;
using System.Collections.Generic;
using Unkey.Server.Storage;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>Walks rows that are sorted by their owner's id (column 0) in step with the owners: a merge join without a query per owner.</summary>
/// <remarks>Owners must be asked for in ascending byte order, which is the order of the database. Used by one thread.</remarks>
internal sealed class OwnedRows : IDisposable
{
    private readonly ColumnScan _rows;
    private bool _hasRow;

    /// <summary>Takes over a scan that stands before its first row.</summary>
    public OwnedRows(ColumnScan rows)
    {
        _rows = rows;
        _hasRow = rows.Read();
    }

    /// <summary>Maps the rows of one owner.</summary>
    /// <param name="owner">Id of the owner in UTF-8; not before the last one asked for.</param>
    /// <param name="map">Maps the current row.</param>
    /// <param name="rows">Receives the mapped rows.</param>
    public void Collect<T>(ReadOnlySpan<byte> owner, Func<ColumnScan, T> map, List<T> rows)
    {
        // BOUND: each turn consumes a row; rows of owners that are not loaded are skipped.
        while (_hasRow)
        {
            int order = _rows.Bytes(0).SequenceCompareTo(owner);
            if (order > 0)
            {
                return;
            }

            if (order == 0)
            {
                rows.Add(map(_rows));
            }

            _hasRow = _rows.Read();
        }
    }

    /// <summary>Whether an owner has rows; they can be collected afterwards.</summary>
    /// <param name="owner">As for <see cref="Collect"/>.</param>
    public bool HasAny(ReadOnlySpan<byte> owner)
    {
        // BOUND: each turn consumes a row; rows of owners that are not loaded are skipped.
        while (_hasRow)
        {
            int order = _rows.Bytes(0).SequenceCompareTo(owner);
            if (order >= 0)
            {
                return order == 0;
            }

            _hasRow = _rows.Read();
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();
}
