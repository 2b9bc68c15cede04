using System;
using System.Data.Common;
using System.Globalization;
using System.IO;
using System.Threading;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Unkey.Server.Storage.Sqlite;

/// <summary>The database file: recognises it, checks it, migrates it, and opens connections with the right settings.</summary>
/// <remarks>Opening is done once at start by one thread; <see cref="OpenReader"/> and <see cref="OpenWriter"/> may be called from any thread. Disposing closes
/// what the check has opened when no writer has taken it over.</remarks>
internal sealed class SqliteDatabase : IDisposable
{
    /// <summary>Name of the file in the data directory.</summary>
    public const string FileName = "unkey.db";

    private const int BusyTimeoutMs = 5_000;

    // The check reads the whole file, so it is cut off; a start must not take minutes because the file is large. SQLite before 3.41 walks the trees
    // without asking whether to go on, which took 1.2 s of processor time for 2 GiB; a file that cannot be read in the time is not begun with.
    private const int CheckMsMax = 150;
    private const long CheckBytesMax = 256L * 1024 * 1024;
    private const int InstructionsPerProgressCall = 20_000;
    private const int SmallestPageBytes = 512;

    // Becomes the first writer: to close it would take the write-ahead log away and the schema would be read again.
    private SqliteConnection? _checked;

    private SqliteDatabase(string path) => FilePath = path;

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>Version of the SQLite library in use, for example <c>3.53.4</c>.</summary>
    public static string LibraryVersion => raw.sqlite3_libversion().utf8_to_string();

    /// <summary>Loads and initialises SQLite and its driver, whose timer is a thread. Any thread.</summary>
    public static void UseOnce()
    {
        Initialise();
        using SqliteConnection connection = Connect(":memory:");
        _ = Pragma(connection, "user_version");
    }

    /// <summary>Opens or creates the database of a data directory and brings its schema up to date.</summary>
    /// <param name="directory">The data directory; its lock must be held by the caller.</param>
    /// <exception cref="StoreException">The file is foreign, newer, damaged, or cannot be read or written. It is then left as it was.</exception>
    public static SqliteDatabase Open(string directory)
    {
        Initialise();
        string path = PathIn(directory);
        SqliteDatabase database = new(path);
        try
        {
            bool isNew = !File.Exists(path);
            if (isNew)
            {
                SqliteCreation.Create(path, SqliteMigrations.Image);
            }

            long bytes;
            using (FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            {
                // SQLite takes a file that is shorter than the smallest page for an empty one and would write over it.
                bytes = file.Length;
                if (bytes is > 0 and < SmallestPageBytes)
                {
                    throw database.NotADatabase(null);
                }
            }

            SqliteConnection connection = Connect(path);
            try
            {
                database.Recognise(connection);
                if (bytes <= CheckBytesMax && !isNew)
                {
                    database.Check(connection);
                }

                Migrate(connection);
                database._checked = connection;
                return database;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
        catch (SqliteException exception)
        {
            throw database.Refuse(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.ReadOnly, $"The database '{path}' cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>The file of a data directory.</summary>
    public static string PathIn(string directory) => Path.Combine(directory, FileName);

    /// <summary>Opens a session that writes.</summary>
    public StoreSession OpenWriter()
    {
        // ORDER: full fence; only one caller gets it.
        if (Interlocked.Exchange(ref _checked, null) is { } first)
        {
            return Session(first);
        }

        SqliteConnection connection = Connect(FilePath);
        Configure(connection);
        return Session(connection);
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _checked, null)?.Dispose(); // ORDER: full fence; only one caller gets it.

    /// <summary>Opens a session that only reads.</summary>
    public StoreSession OpenReader()
    {
        SqliteConnection connection = Connect(FilePath);
        Run(connection, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;");
        return Session(connection);
    }

    /// <summary>Opens what scans whole tables when nobody writes: see <see cref="SqliteScanner"/>.</summary>
    public SqliteScanner OpenScanner() => SqliteScanner.Open(OpenReader().Connection, FilePath);

    /// <summary>What a session runs many times.</summary>
    internal static RepeatedStatement Prepare(DbConnection connection, string sql) => new SqliteStatement((SqliteConnection)connection, sql);

    /// <summary>Words a failure to read the file so that the operator knows what to do.</summary>
    /// <param name="exception">What the driver threw.</param>
    public StoreException Refuse(SqliteException exception) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_NOTADB => NotADatabase(exception),
        raw.SQLITE_CORRUPT => Damaged(exception.Message, exception),
        _ => SqliteFaults.Wrap(exception, $"open '{FilePath}'"),
    };

    private static void Initialise()
    {
        Batteries_V2.Init();
        SqliteFiles.Use();
    }

    private StoreException NotADatabase(SqliteException? exception) => new(
        StoreFault.Corrupt, $"'{FilePath}' is not a SQLite database. Move it away, or give the server another --data.", exception);

    internal static long Pragma(SqliteConnection connection, string pragma)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The text is a constant of this assembly.
        command.CommandText = "PRAGMA " + pragma;
#pragma warning restore CA2100
        return command.ExecuteScalar() is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : 0;
    }

    internal static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The text is a constant of this assembly or an embedded migration.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>Puts the file into WAL mode, which is a persistent property of it; all other settings belong to a connection.</summary>
    internal static void UseWriteAheadLog(SqliteConnection connection) => Run(connection, "PRAGMA journal_mode = WAL;");

    /// <summary>Opens a connection to an existing file.</summary>
    internal static SqliteConnection Connect(string path)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = BusyTimeoutMs / 1_000,
        }.ToString());
        try
        {
            connection.Open();
            _ = raw.sqlite3_busy_timeout(connection.Handle!, BusyTimeoutMs);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Recognise(SqliteConnection connection)
    {
        long applicationId = Pragma(connection, "application_id");
        long version = Pragma(connection, "user_version");
        if (applicationId != SqliteMigrations.ApplicationId)
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM sqlite_schema";
            bool isEmpty = Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture) == 0;
            if (applicationId != 0 || version != 0 || !isEmpty)
            {
                throw new StoreException(
                    StoreFault.Corrupt,
                    $"'{FilePath}' is a SQLite database of another program. Move it away, or give the server another --data.");
            }
        }
        else if (version > SqliteMigrations.Latest)
        {
            throw new StoreException(
                StoreFault.Newer,
                $"'{FilePath}' was written by a newer version (schema {version}; this binary knows up to {SqliteMigrations.Latest}). "
                + "Run that version, or restore a backup.");
        }
    }

    private void Check(SqliteConnection connection)
    {
        long deadline = Environment.TickCount64 + CheckMsMax;

        // BOUND: the progress callback interrupts the check at the deadline; what has been read until then was sound.
        raw.sqlite3_progress_handler(
            connection.Handle!, InstructionsPerProgressCall, static state => Environment.TickCount64 > (long)state ? 1 : 0, deadline);
        try
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA quick_check(1)";
            string? finding = command.ExecuteScalar() as string;
            if (finding is not null && finding != "ok")
            {
                throw Damaged(finding.ReplaceLineEndings(" "), null);
            }
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            // The file is too large for the time; the load that follows reads every row and reports damage as well.
        }
        finally
        {
            raw.sqlite3_progress_handler(connection.Handle!, 0, null, null);
        }

        // The connection stays, and need not keep what only the check has read.
        Run(connection, "PRAGMA shrink_memory");
    }

    private static void Migrate(SqliteConnection connection)
    {
        UseWriteAheadLog(connection);
        Configure(connection);
        int version = (int)Pragma(connection, "user_version");
        if (version < SqliteMigrations.Latest)
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            SqliteMigrations.Apply(connection, version);
            transaction.Commit();
        }
    }

    private static StoreSession Session(SqliteConnection connection) =>
        new(connection, static (open, sql, texts) => new SqliteColumnScan(((SqliteConnection)open).Handle!, sql, texts), Prepare);

    /// <summary>Settings of every connection that writes.</summary>
    private static void Configure(SqliteConnection connection) => Run(
        connection,
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;"
            + " PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF;");

    private StoreException Damaged(string finding, Exception? inner) => new(
        StoreFault.Corrupt,
        $"The database '{FilePath}' is damaged: {finding}. Restore a backup into the data directory; the file was not changed.",
        inner);
}
