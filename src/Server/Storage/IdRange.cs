using System.Collections.Generic;

namespace Unkey.Server.Storage;

/// <summary>The ids from one (inclusive) to another (exclusive) in byte order: a part of a table that one thread reads. Immutable.</summary>
internal readonly record struct IdRange(string From, string To) : IIdSelection
{
    // Above every id: the last character of Unicode.
    private const string End = "\U0010FFFF";
    private const string Characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <inheritdoc/>
    public string[] Texts => [From, To];

    /// <inheritdoc/>
    public string Condition(string column) => $"{column} >= ?1 AND {column} < ?2";

    /// <summary>Every id.</summary>
    public static IdRange All { get; } = new("", End);

    /// <summary>How many ranges like <see cref="Sample"/> make all ids of a prefix.</summary>
    public static int SampleShare => Characters.Length;

    /// <summary>One range of ids out of <see cref="SampleShare"/> of equal size.</summary>
    /// <param name="prefix">What the ids begin with, such as <c>key_</c>.</param>
    public static IdRange Sample(string prefix) => new(prefix + "V", prefix + "W");

    /// <summary>Ranges that together are <see cref="All"/>, without overlap, of about equal size when ids are random characters after a prefix.</summary>
    /// <param name="prefix">What most ids begin with, such as <c>key_</c>.</param>
    public static IEnumerable<IdRange> Split(string prefix)
    {
        string from = "";
        foreach (char next in Characters)
        {
            string to = prefix + next;
            yield return new IdRange(from, to);
            from = to;
        }

        yield return new IdRange(from, End);
    }
}
