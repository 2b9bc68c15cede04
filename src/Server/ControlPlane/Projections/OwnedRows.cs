using System;
using System.Collections.Generic;
using System.Data.Common;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>Walks rows that are sorted by their owner's id (column 0) in step with the owners: a merge join without a query per owner.</summary>
/// <remarks>Owners must be asked for in ascending ordinal order. Used by one thread.</remarks>
internal sealed class OwnedRows : IDisposable
{
    private readonly DbDataReader _reader;
    private string? _owner;

    /// <summary>Takes over a reader that stands before its first row.</summary>
    public OwnedRows(DbDataReader reader)
    {
        _reader = reader;
        Advance();
    }

    /// <summary>Maps the rows of one owner.</summary>
    /// <param name="owner">Id of the owner; not before the last one asked for.</param>
    /// <param name="map">Maps the current row.</param>
    /// <param name="rows">Receives the mapped rows.</param>
    public void Collect<T>(string owner, Func<DbDataReader, T> map, List<T> rows)
    {
        // BOUND: each turn consumes a row; rows of owners that are not loaded are skipped.
        while (_owner is not null && string.CompareOrdinal(_owner, owner) < 0)
        {
            Advance();
        }

        // BOUND: each turn consumes a row.
        while (_owner is not null && string.Equals(_owner, owner, StringComparison.Ordinal))
        {
            rows.Add(map(_reader));
            Advance();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private void Advance() => _owner = _reader.Read() ? _reader.GetString(0) : null;
}
