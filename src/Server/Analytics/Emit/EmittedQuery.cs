using System.Collections.Generic;

namespace Unkey.Server.Analytics.Emit;

/// <summary>A query in the language of a store. Immutable.</summary>
/// <param name="Sql">Text without a single character of the caller's: names are the server's own, numbers are written anew, texts are parameters.</param>
/// <param name="Texts">Values of the parameters, by their index.</param>
internal sealed record EmittedQuery(string Sql, IReadOnlyList<string> Texts);
