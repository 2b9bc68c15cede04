using System.Data.Common;

namespace Unkey.Server.Storage;

/// <summary>Reads nullable columns and flags the same way from every driver. Stateless, any thread.</summary>
internal static class RowReading
{
    /// <summary>Text, or <see langword="null"/> for SQL NULL.</summary>
    public static string? Text(this DbDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    /// <summary>A whole number, or <see langword="null"/> for SQL NULL.</summary>
    public static long? Number(this DbDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt64(ordinal);

    /// <summary>A flag that is stored as 0 or 1.</summary>
    public static bool Flag(this DbDataReader reader, int ordinal) => reader.GetInt64(ordinal) != 0;
}
